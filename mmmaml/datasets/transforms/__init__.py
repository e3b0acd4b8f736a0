from .augment_crop import ColorShiftCrop, FlipCrop, RandomEraseCrop
from .load_crop import LoadCrop

__all__ = ['ColorShiftCrop', 'FlipCrop', 'LoadCrop', 'RandomEraseCrop']
