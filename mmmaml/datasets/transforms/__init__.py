from .augment_crop import ColorShiftCrop, FlipCrop, RandomEraseCrop
from .load_crop import LoadCrop
from .load_frame import LoadFrame
from .shift_task_look import ShiftTaskLook

__all__ = [
    'ColorShiftCrop',
    'FlipCrop',
    'LoadCrop',
    'LoadFrame',
    'RandomEraseCrop',
    'ShiftTaskLook',
]
