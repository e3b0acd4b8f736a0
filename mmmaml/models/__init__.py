"""Networks, trackers and tracking models.

Those that stand on mmcv and mmdet are there if these are installed.
"""

from mmmaml.compat import has_openmmlab

from .detectors import PublicDetector
from .mot import OnnxMOT
from .onnx import OnnxDetector, OnnxReID
from .reid import AdapterLearner, MetaReID, MetaReIDHead
from .trackers import OnlineMetaTracker, PeerTracker

__all__ = [
    'AdapterLearner',
    'MetaReID',
    'MetaReIDHead',
    'OnlineMetaTracker',
    'OnnxDetector',
    'OnnxMOT',
    'OnnxReID',
    'PeerTracker',
    'PublicDetector',
]

if has_openmmlab():
    from .backbones import DLA
    from .data_preprocessors import TaskDataPreprocessor
    from .dense_heads import CountingHead, OneShotHead
    from .detectors.one_shot_detector import OneShotDetector
    from .mot.maml_mot import MAMLMOT
    from .necks import DLAUp

    __all__ += [
        'DLA',
        'MAMLMOT',
        'CountingHead',
        'DLAUp',
        'OneShotDetector',
        'OneShotHead',
        'TaskDataPreprocessor',
    ]
