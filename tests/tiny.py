"""The smallest network that has every part of a real one."""

from typing import Any


def tiny_backbone(**changes: Any) -> dict[str, Any]:
    """Config of one stage of a ResNet-18, four channels wide, that trains its BatchNorm."""
    return {
        'type': 'mmdet.ResNet',
        'depth': 18,
        'base_channels': 4,
        'num_stages': 1,
        'strides': (1,),
        'dilations': (1,),
        'out_indices': (0,),
        'norm_eval': False,
        **changes,
    }
