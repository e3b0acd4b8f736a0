from .data_preprocessors import TaskDataPreprocessor
from .detectors import PublicDetector
from .mot import MAMLMOT
from .reid import MetaReID, MetaReIDHead
from .trackers import OnlineMetaTracker, PeerTracker

__all__ = [
    'MAMLMOT',
    'MetaReID',
    'MetaReIDHead',
    'OnlineMetaTracker',
    'PeerTracker',
    'PublicDetector',
    'TaskDataPreprocessor',
]
