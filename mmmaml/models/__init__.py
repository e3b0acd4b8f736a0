from .data_preprocessors import TaskDataPreprocessor
from .dense_heads import OneShotHead
from .detectors import OneShotDetector, PublicDetector
from .mot import MAMLMOT
from .reid import MetaReID, MetaReIDHead
from .trackers import OnlineMetaTracker, PeerTracker

__all__ = [
    'MAMLMOT',
    'MetaReID',
    'MetaReIDHead',
    'OneShotDetector',
    'OneShotHead',
    'OnlineMetaTracker',
    'PeerTracker',
    'PublicDetector',
    'TaskDataPreprocessor',
]
