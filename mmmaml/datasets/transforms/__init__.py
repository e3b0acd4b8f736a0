from .augment_crop import ColorShiftCrop, FlipCrop, RandomEraseCrop
from .load_crop import LoadCrop
from .load_frame import LoadFrame

__all__ = ['ColorShiftCrop', 'FlipCrop', 'LoadCrop', 'LoadFrame', 'RandomEraseCrop']
