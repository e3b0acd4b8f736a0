"""Networks, trackers and tracking models.

Importing the package is light. A public name loads its room when it is first used, also by a
registry. Those that stand on mmcv and mmdet are there if these are installed.
"""

import importlib
from typing import Any

from mmmaml.compat import has_openmmlab

_ROOMS = {
    'AdapterLearner': 'reid',
    'MetaReID': 'reid',
    'MetaReIDHead': 'reid',
    'OnlineMetaTracker': 'trackers',
    'OnnxDetector': 'onnx',
    'OnnxMOT': 'mot',
    'OnnxReID': 'onnx',
    'PeerTracker': 'trackers',
    'PublicDetector': 'detectors',
}
if has_openmmlab():
    _ROOMS |= {
        'CountingHead': 'dense_heads',
        'DLA': 'backbones',
        'DLAUp': 'necks',
        'MAMLMOT': 'mot.maml_mot',
        'OneShotDetector': 'detectors.one_shot_detector',
        'OneShotHead': 'dense_heads',
        'TaskDataPreprocessor': 'data_preprocessors',
    }

__all__ = sorted(_ROOMS)


def __getattr__(name: str) -> Any:
    """Load a public name."""
    if name not in _ROOMS:
        raise AttributeError(f'module {__name__!r} has no attribute {name!r}')
    value = getattr(importlib.import_module(f'{__name__}.{_ROOMS[name]}'), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    """List the public names too."""
    return sorted({*globals(), *_ROOMS})
