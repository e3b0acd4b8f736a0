"""Transforms of crops and frames; a public name loads its module when it is first used."""

import importlib
from typing import Any

_MODULES = {
    'AffineFrame': 'augment_frame',
    'ColorShiftCrop': 'augment_crop',
    'FlipCrop': 'augment_crop',
    'FlipFrame': 'augment_frame',
    'LetterboxFrame': 'letterbox_frame',
    'LoadCrop': 'load_crop',
    'LoadFrame': 'load_frame',
    'PackFrame': 'pack_frame',
    'RandomEraseCrop': 'augment_crop',
    'ShiftFrameHSV': 'augment_frame',
    'ShiftTaskAppearance': 'shift_task_appearance',
}

__all__ = sorted(_MODULES)


def __getattr__(name: str) -> Any:
    """Load a public name."""
    if name not in _MODULES:
        raise AttributeError(f'module {__name__!r} has no attribute {name!r}')
    value = getattr(importlib.import_module(f'{__name__}.{_MODULES[name]}'), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    """List the public names too."""
    return sorted({*globals(), *_MODULES})
