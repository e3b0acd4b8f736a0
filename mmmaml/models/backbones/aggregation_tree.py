"""Hierarchical deep aggregation, the stages of DLA (Yu et al., CVPR 2018)."""

from collections.abc import Sequence

import torch
from mmcv.cnn import build_norm_layer
from torch import Tensor, nn


class ResidualBlock(nn.Module):
    """Two 3 x 3 convolutions about a residual that is given to it.

    Args:
        in_channels: Channels that come in.
        out_channels: Channels that go out, those of the residual.
        stride: Of the first convolution.
        norm_cfg: Config of the normalisation.
    """

    def __init__(self, in_channels: int, out_channels: int, stride: int, norm_cfg: dict) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(in_channels, out_channels, 3, stride, 1, bias=False)
        self.bn1 = build_norm_layer(norm_cfg, out_channels)[1]
        self.conv2 = nn.Conv2d(out_channels, out_channels, 3, 1, 1, bias=False)
        self.bn2 = build_norm_layer(norm_cfg, out_channels)[1]
        self.relu = nn.ReLU(inplace=True)

    def forward(self, x: Tensor, residual: Tensor) -> Tensor:
        """Map (B, in_channels, H, W) and (B, out_channels, H/s, W/s) to the latter's shape."""
        out = self.relu(self.bn1(self.conv1(x)))
        return self.relu(self.bn2(self.conv2(out)) + residual)


class Root(nn.Module):
    """The node of a tree, which merges maps of one size."""

    def __init__(self, in_channels: int, out_channels: int, norm_cfg: dict) -> None:
        super().__init__()
        self.conv = nn.Conv2d(in_channels, out_channels, 1, bias=False)
        self.bn = build_norm_layer(norm_cfg, out_channels)[1]
        self.relu = nn.ReLU(inplace=True)

    def forward(self, children: Sequence[Tensor]) -> Tensor:
        """Merge maps that have in_channels together to (B, out_channels, H, W)."""
        return self.relu(self.bn(self.conv(torch.cat(list(children), dim=1))))


class Tree(nn.Module):
    """A binary tree of blocks; its last root sees all subtrees on its way.

    The public weights hold a projection in deeper trees, too, which never had an effect; it is
    left out here.

    Args:
        levels: Depth: 1 has two blocks, each further level twice as many.
        in_channels: Channels that come in.
        out_channels: Channels that go out.
        stride: Of the first block; the input is pooled for its residual and, with
            ``level_root``, for the last root.
        norm_cfg: Config of the normalisation.
        passed_on: Channels of the maps that the tree around it hands to the root.
        level_root: Whether the input itself reaches the last root.
    """

    def __init__(
        self,
        levels: int,
        in_channels: int,
        out_channels: int,
        stride: int,
        norm_cfg: dict,
        passed_on: int = 0,
        level_root: bool = False,
    ) -> None:
        super().__init__()
        self.levels, self.level_root = levels, level_root
        self.downsample = nn.MaxPool2d(stride, stride) if stride > 1 else nn.Identity()
        passed_on += in_channels if level_root else 0
        self.tree1: nn.Module
        self.tree2: nn.Module
        if levels > 1:
            self.tree1 = Tree(levels - 1, in_channels, out_channels, stride, norm_cfg)
            self.tree2 = Tree(
                levels - 1, out_channels, out_channels, 1, norm_cfg, passed_on + out_channels
            )
            return
        self.tree1 = ResidualBlock(in_channels, out_channels, stride, norm_cfg)
        self.tree2 = ResidualBlock(out_channels, out_channels, 1, norm_cfg)
        self.root = Root(2 * out_channels + passed_on, out_channels, norm_cfg)
        self.project: nn.Module = nn.Identity()
        if in_channels != out_channels:
            self.project = nn.Sequential(
                nn.Conv2d(in_channels, out_channels, 1, bias=False),
                build_norm_layer(norm_cfg, out_channels)[1],
            )

    def forward(self, x: Tensor, passed_on: Sequence[Tensor] = ()) -> Tensor:
        """Aggregate (B, in_channels, H, W) to (B, out_channels, H/s, W/s)."""
        bottom = self.downsample(x)
        if self.level_root:
            passed_on = (*passed_on, bottom)
        if self.levels > 1:
            first = self.tree1(x)
            return self.tree2(first, (*passed_on, first))
        first = self.tree1(x, self.project(bottom))
        return self.root((self.tree2(first, first), first, *passed_on))
