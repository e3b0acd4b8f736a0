"""Registries of mmmaml: children of MMEngine's root registries with scope ``mmmaml``.

Their parents are the roots, beside MMDetection's and MMTracking's registries, so that
``mmmaml.X`` is found from inside models of both, and ``mmdet.X`` and ``mmtrack.X`` from inside
ours. See https://mmengine.readthedocs.io/en/latest/advanced_tutorials/registry.html.
"""

from mmengine import registry as root
from mmengine.registry import Registry

from mmmaml.compat import explain_missing_mmtrack


def _child(name: str, parent: Registry, location: str) -> Registry:
    return Registry(name, parent=parent, scope='mmmaml', locations=[location])


RUNNERS = _child('runner', root.RUNNERS, 'mmmaml.engine')
HOOKS = _child('hook', root.HOOKS, 'mmmaml.engine')
DATASETS = _child('dataset', root.DATASETS, 'mmmaml.datasets')
DATA_SAMPLERS = _child('data sampler', root.DATA_SAMPLERS, 'mmmaml.datasets')
TRANSFORMS = _child('transform', root.TRANSFORMS, 'mmmaml.datasets.transforms')
MODELS = _child('model', root.MODELS, 'mmmaml.models')
METRICS = _child('metric', root.METRICS, 'mmmaml.evaluation')
TASK_UTILS = _child('task util', root.TASK_UTILS, 'mmmaml.models')
VISUALIZERS = _child('visualizer', root.VISUALIZERS, 'mmmaml.visualization')

explain_missing_mmtrack()

__all__ = [
    'DATASETS',
    'DATA_SAMPLERS',
    'HOOKS',
    'METRICS',
    'MODELS',
    'RUNNERS',
    'TASK_UTILS',
    'TRANSFORMS',
    'VISUALIZERS',
]
