"""Deep layer aggregation, the backbone of FairMOT and of the paper's network."""

from collections.abc import Sequence
from typing import ClassVar

from mmcv.cnn import build_norm_layer
from mmengine.model import BaseModule
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm

from mmmaml.registry import MODELS

from ..weights_by_name import load_by_name
from .aggregation_tree import Tree


@MODELS.register_module()
class DLA(BaseModule):
    """DLA of Yu et al., Deep Layer Aggregation, CVPR 2018.

    Submodules are named as in the public ImageNet weights (``dla34-ba72cf86.pth``), which load
    with ``init_cfg=dict(type='Pretrained', checkpoint='FILE')``; the log then says what of the
    file and of the network did not find a partner.

    Args:
        depth: 34, the only one so far.
        base_channels: Width of the stem; the four stages have 4, 8, 16 and 32 times as many. The
            public weights need 16.
        in_channels: Channels of the image.
        out_indices: Stages whose maps are returned; 0 to 3 have strides 4, 8, 16 and 32.
        frozen_stages: −1 trains everything, 0 keeps the stem as it is, n also the first n stages.
        norm_cfg: Config of the normalisation.
        norm_eval: Keep the running statistics of batch normalisation as they are in training.
        init_cfg: Initialisation as in MMEngine. None is that of He et al.
    """

    arch_settings: ClassVar = {34: (1, 2, 2, 1)}

    def __init__(
        self,
        depth: int = 34,
        base_channels: int = 16,
        in_channels: int = 3,
        out_indices: Sequence[int] = (0, 1, 2, 3),
        frozen_stages: int = -1,
        norm_cfg: dict | None = None,
        norm_eval: bool = False,
        init_cfg: dict | list[dict] | None = None,
    ) -> None:
        if init_cfg is None:
            init_cfg = [
                {'type': 'Kaiming', 'layer': 'Conv2d'},
                {'type': 'Constant', 'val': 1, 'layer': ['_BatchNorm', 'GroupNorm']},
            ]
        super().__init__(init_cfg=init_cfg)
        if depth not in self.arch_settings:
            raise ValueError(f'depth must be one of {list(self.arch_settings)}, got {depth}')
        if not set(out_indices) <= set(range(4)) or not -1 <= frozen_stages <= 4:
            raise ValueError(
                f'out_indices={tuple(out_indices)} must be within 0..3 and '
                f'frozen_stages={frozen_stages} within -1..4'
            )
        self.out_indices, self.frozen_stages = tuple(out_indices), frozen_stages
        self.norm_eval = norm_eval
        norm_cfg = norm_cfg or {'type': 'BN', 'requires_grad': True}
        width = base_channels
        self.base_layer = _conv(in_channels, width, 7, 1, norm_cfg)
        self.level0 = _conv(width, width, 3, 1, norm_cfg)
        self.level1 = _conv(width, 2 * width, 3, 2, norm_cfg)
        channels = [width * factor for factor in (2, 4, 8, 16, 32)]
        self.level2, self.level3, self.level4, self.level5 = (
            Tree(levels, channels[i], channels[i + 1], 2, norm_cfg, level_root=i > 0)
            for i, levels in enumerate(self.arch_settings[depth])
        )
        self._freeze()

    def init_weights(self) -> None:
        """Initialise; a ``Pretrained`` file is loaded by name, and what was not is reported."""
        cfg = self.init_cfg
        if isinstance(cfg, dict) and cfg['type'] == 'Pretrained':
            load_by_name(self, cfg['checkpoint'], cfg.get('prefix'))
        else:
            super().init_weights()

    def forward(self, x: Tensor) -> tuple[Tensor, ...]:
        """Turn images (B, in_channels, H, W) into the maps of the stages in ``out_indices``.

        Raises:
            ValueError: 32 does not divide height and width.
        """
        if x.shape[2] % 32 or x.shape[3] % 32:
            raise ValueError(
                f'images of {x.shape[3]}x{x.shape[2]} pixels: DLA needs width and height that 32 '
                'divides, such as 1088x608'
            )
        x = self.level1(self.level0(self.base_layer(x)))
        outs = []
        for index, stage in enumerate(self._stages()):
            x = stage(x)
            if index in self.out_indices:
                outs.append(x)
        return tuple(outs)

    def train(self, mode: bool = True) -> 'DLA':
        """Set the training mode of what is not frozen."""
        super().train(mode)
        self._freeze()
        if mode and self.norm_eval:
            for module in self.modules():
                if isinstance(module, _BatchNorm):
                    module.eval()
        return self

    def _stages(self) -> list[nn.Module]:
        return [self.level2, self.level3, self.level4, self.level5]

    def _freeze(self) -> None:
        stem = [self.base_layer, self.level0, self.level1] if self.frozen_stages >= 0 else []
        for module in [*stem, *self._stages()[: max(self.frozen_stages, 0)]]:
            module.eval()
            module.requires_grad_(False)


def _conv(
    in_channels: int, out_channels: int, size: int, stride: int, norm_cfg: dict
) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(in_channels, out_channels, size, stride, size // 2, bias=False),
        build_norm_layer(norm_cfg, out_channels)[1],
        nn.ReLU(inplace=True),
    )
