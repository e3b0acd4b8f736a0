from .backbones import DLA
from .data_preprocessors import TaskDataPreprocessor
from .dense_heads import OneShotHead
from .detectors import OneShotDetector, PublicDetector
from .mot import MAMLMOT
from .necks import DLAUp
from .reid import MetaReID, MetaReIDHead
from .trackers import OnlineMetaTracker, PeerTracker

__all__ = [
    'DLA',
    'MAMLMOT',
    'DLAUp',
    'MetaReID',
    'MetaReIDHead',
    'OneShotDetector',
    'OneShotHead',
    'OnlineMetaTracker',
    'PeerTracker',
    'PublicDetector',
    'TaskDataPreprocessor',
]
