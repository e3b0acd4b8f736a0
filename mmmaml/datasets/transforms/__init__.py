from .augment_crop import ColorShiftCrop, FlipCrop, RandomEraseCrop
from .augment_frame import AffineFrame, FlipFrame, ShiftFrameHSV
from .letterbox_frame import LetterboxFrame
from .load_crop import LoadCrop
from .load_frame import LoadFrame
from .pack_frame import PackFrame
from .shift_task_appearance import ShiftTaskAppearance

__all__ = [
    'AffineFrame',
    'ColorShiftCrop',
    'FlipCrop',
    'FlipFrame',
    'LetterboxFrame',
    'LoadCrop',
    'LoadFrame',
    'PackFrame',
    'RandomEraseCrop',
    'ShiftFrameHSV',
    'ShiftTaskAppearance',
]
