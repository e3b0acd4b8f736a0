"""Transforms of crops and frames; a public name loads its module when it is first used."""

from mmmaml.deferred_imports import public_names

_MODULES = {
    'AffineFrame': 'augment_frame',
    'ColorShiftCrop': 'augment_crop',
    'FlipCrop': 'augment_crop',
    'FlipFrame': 'augment_frame',
    'LetterboxFrame': 'letterbox_frame',
    'LoadCrop': 'load_crop',
    'LoadFrame': 'load_frame',
    'PackFrame': 'pack_frame',
    'PasteOccluders': 'paste_occluders',
    'RandomEraseCrop': 'augment_crop',
    'ShiftFrameHSV': 'augment_frame',
    'ShiftTaskAppearance': 'shift_task_appearance',
}

__all__ = sorted(_MODULES)

__getattr__, __dir__ = public_names(__name__, _MODULES)
