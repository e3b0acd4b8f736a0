"""Iterative deep aggregation of maps up to the finest one (Yu et al., CVPR 2018; FairMOT)."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any, Literal

import torch
from mmcv.cnn import build_norm_layer
from mmengine.model import BaseModule
from torch import Tensor, nn

from mmmaml.registry import MODELS


@MODELS.register_module()
class DLAUp(BaseModule):
    """Aggregation of the maps of a backbone into one at the stride of the finest.

    Coarse maps are merged into the next finer ones, time and again, until each level has seen all
    coarser ones at its own stride; these, but the coarsest, are then merged into one.

    Args:
        in_channels: Channels of the maps, finest first; each has half the size of the one before.
        upsample_conv: ``'dcn'`` has deformable convolutions, as in FairMOT; they need mmcv's
            compiled operators. ``'plain'`` has ordinary ones and runs and exports anywhere.
        norm_cfg: Config of the normalisation.
        init_cfg: Initialisation as in MMEngine.

    Raises:
        ImportError: ``upsample_conv='dcn'`` with an mmcv without operators.
        ValueError: Fewer than two maps, or an unknown ``upsample_conv``; when loading, weights of
            deformable convolutions for ordinary ones.
    """

    def __init__(
        self,
        in_channels: Sequence[int],
        upsample_conv: Literal['dcn', 'plain'] = 'dcn',
        norm_cfg: dict | None = None,
        init_cfg: dict | list[dict] | None = None,
    ) -> None:
        super().__init__(init_cfg=init_cfg)
        if len(in_channels) < 2:
            raise ValueError(f'DLAUp merges two maps or more, got in_channels={in_channels}')
        conv = _conv_class(upsample_conv)
        self.upsample_conv = upsample_conv
        norm_cfg = norm_cfg or {'type': 'BN', 'requires_grad': True}
        self.in_channels, self.out_channels = tuple(in_channels), in_channels[0]
        channels, steps = list(in_channels), nn.ModuleList()
        for finest in range(len(channels) - 2, -1, -1):
            factors = [2] * (len(channels) - finest - 1)
            steps.append(_Aggregation(channels[finest:], factors, conv, norm_cfg))
            channels[finest:] = [channels[finest]] * (len(channels) - finest)
        self.steps = steps
        widths = list(in_channels[:-1]) or [self.out_channels]
        factors = [2**i for i in range(1, len(widths))]
        self.merge = _Aggregation(widths, factors, conv, norm_cfg)

    def forward(self, x: Sequence[Tensor]) -> tuple[Tensor]:
        """Merge maps (B, C_i, H / 2^i, W / 2^i), finest first, into one of (B, C_0, H, W).

        Raises:
            ValueError: A map has not half the size of the one before.
        """
        sizes = [tuple(level.shape[2:]) for level in x]
        if any((2 * c[0], 2 * c[1]) != tuple(f) for f, c in pairwise(sizes)):
            raise ValueError(
                f'maps of {sizes} do not each have half the size of the one before: give images '
                f'whose width and height the stride of the coarsest map divides'
            )
        levels = list(x)
        merged: list[Tensor] = []
        for finest, step in zip(range(len(levels) - 2, -1, -1), self.steps, strict=True):
            levels[finest:] = [levels[finest], *step(levels[finest:])]
            merged.insert(0, levels[-1])
        # The first merged map is that of the finest stride.
        return (self.merge(merged)[-1] if len(merged) > 1 else merged[0],)

    def _load_from_state_dict(
        self, state_dict: dict[str, Any], prefix: str, *args: Any, **kwargs: Any
    ) -> None:
        # Their kernels would load, and do something else without their offsets.
        deformable = [n for n in state_dict if n.startswith(prefix) and '.conv_offset.' in n]
        if self.upsample_conv == 'plain' and deformable:
            raise ValueError(
                f'these weights are of deformable convolutions ({deformable[0]} and others), '
                "which ordinary ones, upsample_conv='plain', cannot take over: build the neck "
                "with upsample_conv='dcn', or train it with 'plain'"
            )
        super()._load_from_state_dict(state_dict, prefix, *args, **kwargs)


class _Aggregation(nn.Module):
    """Aggregation of coarser maps, one after the other, into the finest.

    Args:
        channels: Channels of the maps, finest first.
        factors: By what the second and all further maps are enlarged.
        conv: Class of the convolutions.
        norm_cfg: Config of the normalisation.
    """

    def __init__(
        self, channels: list[int], factors: list[int], conv: type[nn.Module], norm_cfg: dict
    ) -> None:
        super().__init__()
        width = channels[0]
        self.projections = nn.ModuleList(
            _conv_norm_relu(conv, each, width, norm_cfg) for each in channels[1:]
        )
        self.enlarge = nn.ModuleList(_Enlarge(width, factor) for factor in factors)
        self.nodes = nn.ModuleList(
            _conv_norm_relu(conv, width, width, norm_cfg) for _ in channels[1:]
        )

    def forward(self, levels: Sequence[Tensor]) -> list[Tensor]:
        """Merge maps, finest first, step by step; the last result has seen all."""
        merged, outs = levels[0], []
        parts = zip(levels[1:], self.projections, self.enlarge, self.nodes, strict=True)
        for level, project, enlarge, node in parts:
            merged = node(enlarge(project(level)) + merged)
            outs.append(merged)
        return outs


class _Enlarge(nn.ConvTranspose2d):
    """An enlargement of each channel by a factor, at first bilinear interpolation."""

    def __init__(self, channels: int, factor: int) -> None:
        super().__init__(
            channels, channels, 2 * factor, factor, factor // 2, groups=channels, bias=False
        )

    def reset_parameters(self) -> None:
        factor = self.stride[0]
        distance = (torch.arange(2 * factor) + 0.5) / factor - 1
        profile = 1 - distance.abs()
        with torch.no_grad():
            self.weight.copy_((profile[:, None] * profile).expand_as(self.weight))


def _conv_norm_relu(
    conv: type[nn.Module], in_channels: int, out_channels: int, norm_cfg: dict
) -> nn.Sequential:
    return nn.Sequential(
        conv(in_channels, out_channels, 3, padding=1, bias=False),
        build_norm_layer(norm_cfg, out_channels)[1],
        nn.ReLU(inplace=True),
    )


def _conv_class(name: str) -> type[nn.Module]:
    if name == 'plain':
        return nn.Conv2d
    if name != 'dcn':
        raise ValueError(f"upsample_conv must be 'dcn' or 'plain', got {name!r}")
    try:
        from .deformable_conv import DeformableConv
    except ImportError as error:
        raise ImportError(
            "upsample_conv='dcn' needs mmcv's compiled operators, which this mmcv lacks "
            f"({error}): install the full mmcv, or use upsample_conv='plain'"
        ) from error
    return DeformableConv
