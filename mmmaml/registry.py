"""Registries of mmmaml: children of MMEngine's root registries with scope ``mmmaml``.

Their parents are the roots, beside MMDetection's and MMTracking's registries, so that
``mmmaml.X`` is found from inside models of both, and ``mmdet.X`` and ``mmtrack.X`` from inside
ours. See https://mmengine.readthedocs.io/en/latest/advanced_tutorials/registry.html.
"""

from mmengine import registry as root
from mmengine.registry import Registry

from mmmaml.compat import explain_missing_scopes, has_openmmlab


class _WithoutOpenMMLab(Registry):
    """A registry that lacks the components on MMDetection, and says so if one is named."""

    def get(self, key: str) -> type | None:
        found = super().get(key)
        if found is None:
            raise ModuleNotFoundError(
                f'{key!r} is not among the components that work without mmcv and mmdet, which are '
                'not installed: run `bash tools/install.sh`',
                name='mmdet',
            )
        return found


def _child(name: str, parent: Registry, location: str) -> Registry:
    kind = Registry if has_openmmlab() else _WithoutOpenMMLab
    return kind(name, parent=parent, scope='mmmaml', locations=[location])


RUNNERS = _child('runner', root.RUNNERS, 'mmmaml.engine')
HOOKS = _child('hook', root.HOOKS, 'mmmaml.engine')
DATASETS = _child('dataset', root.DATASETS, 'mmmaml.datasets.registration')
DATA_SAMPLERS = _child('data sampler', root.DATA_SAMPLERS, 'mmmaml.datasets.registration')
TRANSFORMS = _child('transform', root.TRANSFORMS, 'mmmaml.datasets.transforms')
MODELS = _child('model', root.MODELS, 'mmmaml.models')
METRICS = _child('metric', root.METRICS, 'mmmaml.evaluation.metrics')
TASK_UTILS = _child('task util', root.TASK_UTILS, 'mmmaml.models')
VISUALIZERS = _child('visualizer', root.VISUALIZERS, 'mmmaml.visualization')

# Most of these are empty: a config in our scope looks here first, and without them MMEngine
# warns.
LOOPS = _child('loop', root.LOOPS, 'mmmaml.engine')
LOG_PROCESSORS = _child('log processor', root.LOG_PROCESSORS, 'mmmaml.engine')
MODEL_WRAPPERS = _child('model_wrapper', root.MODEL_WRAPPERS, 'mmmaml.engine')
OPTIMIZERS = _child('optimizer', root.OPTIMIZERS, 'mmmaml.engine')
OPTIM_WRAPPERS = _child('optim_wrapper', root.OPTIM_WRAPPERS, 'mmmaml.engine')
OPTIM_WRAPPER_CONSTRUCTORS = _child(
    'optimizer wrapper constructor', root.OPTIM_WRAPPER_CONSTRUCTORS, 'mmmaml.engine'
)
PARAM_SCHEDULERS = _child('parameter scheduler', root.PARAM_SCHEDULERS, 'mmmaml.engine')
VISBACKENDS = _child('vis_backend', root.VISBACKENDS, 'mmmaml.visualization')
WEIGHT_INITIALIZERS = _child('weight initializer', root.WEIGHT_INITIALIZERS, 'mmmaml.models')

explain_missing_scopes()

__all__ = [
    'DATASETS',
    'DATA_SAMPLERS',
    'HOOKS',
    'LOG_PROCESSORS',
    'LOOPS',
    'METRICS',
    'MODELS',
    'MODEL_WRAPPERS',
    'OPTIMIZERS',
    'OPTIM_WRAPPERS',
    'OPTIM_WRAPPER_CONSTRUCTORS',
    'PARAM_SCHEDULERS',
    'RUNNERS',
    'TASK_UTILS',
    'TRANSFORMS',
    'VISBACKENDS',
    'VISUALIZERS',
    'WEIGHT_INITIALIZERS',
]
