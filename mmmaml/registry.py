"""Registries of mmmaml: children of MMEngine's root registries with scope ``mmmaml``.

Their parents are the roots, beside MMDetection's and MMTracking's registries, so that
``mmmaml.X`` is found from inside models of both, and ``mmdet.X`` and ``mmtrack.X`` from inside
ours. See https://mmengine.readthedocs.io/en/latest/advanced_tutorials/registry.html.
"""

from importlib import import_module

from mmengine import registry as root
from mmengine.registry import Registry

from mmmaml.compat import explain_missing_scopes, has_openmmlab


class _Registry(Registry):
    """A registry that imports no more of its location than the component that is named."""

    def get(self, key: str) -> type | None:
        """Return a component; without mmcv and mmdet, say so if it stands on them."""
        name = key.removeprefix(f'{self.scope}.')
        for location in self._locations:
            package = import_module(location)
            if name in getattr(package, '__all__', ()):
                getattr(package, name)
        if self.parent is not None:  # MMEngine does not import what a parent's entries are in
            self.parent.import_from_location()
        found = super().get(key)
        if found is None and not has_openmmlab():
            raise ModuleNotFoundError(
                f'{key!r} is not among the components that work without mmcv and mmdet, which are '
                'not installed: run `bash tools/install.sh`',
                name='mmdet',
            )
        return found


def _child(name: str, parent: Registry, location: str) -> Registry:
    return _Registry(name, parent=parent, scope='mmmaml', locations=[location])


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
