"""Training and tracking from Python; a public name loads its module when it is first used."""

import importlib
from typing import Any

from mmmaml.deferred_imports import without_collection

_MODULES = {
    'MOTInferencer': 'inferencer',
    'TrackedFrame': 'streams',
    'Tracks': 'tracks',
    'onnx_config': 'onnx_files',
    'track': 'experiment',
    'train': 'experiment',
}

__all__ = ['MOTInferencer', 'TrackedFrame', 'Tracks', 'onnx_config', 'track', 'train']


def __getattr__(name: str) -> Any:
    """Load a public name."""
    if name not in _MODULES:
        raise AttributeError(f'module {__name__!r} has no attribute {name!r}')
    with without_collection():
        value = getattr(importlib.import_module(f'{__name__}.{_MODULES[name]}'), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    """List the public names too."""
    return sorted({*globals(), *_MODULES})
