"""Networks, trackers and tracking models.

Importing the package is light. A public name loads its room when it is first used, also by a
registry. Those that stand on mmcv and mmdet are there if these are installed.
"""

from mmmaml.compat import has_openmmlab
from mmmaml.deferred_imports import public_names

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
        'CorrelationDetector': 'detectors.correlation_detector',
        'CountingHead': 'dense_heads',
        'DLA': 'backbones',
        'DLAUp': 'necks',
        'GraphHead': 'dense_heads',
        'LocalCorrelation': 'necks',
        'MAMLMOT': 'mot.maml_mot',
        'OneShotDetector': 'detectors.one_shot_detector',
        'OneShotHead': 'dense_heads',
        'QDTrackX': 'mot.qdtrackx',
        'TaskDataPreprocessor': 'data_preprocessors',
    }

__all__ = sorted(_ROOMS)

__getattr__, __dir__ = public_names(__name__, _ROOMS)
