"""Imports of other packages that wait until something uses them.

MMEngine and MMDetection import at their start what tracking never uses: FSDP with sympy,
scikit-learn with pandas, imgaug with numba, Matplotlib. That takes half of the seconds until the
first frame is tracked, and a sixth of the memory. Here is an import hook that acts on the import
statements of the modules in :data:`DEFERRED` alone; everybody else's imports are as ever.

Nothing is lost. What a function calls is imported by the call. Classes that others may derive
from are attributes of their package that are imported when they are asked for, or when their
registry is. A package that is not installed fails at once, as without the hook.
"""

import builtins
import gc
import importlib
import os
import pkgutil
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from importlib.util import find_spec, resolve_name
from types import ModuleType
from typing import Any

DEFERRED: dict[str, tuple[str, ...]] = {
    'mmdet.datasets.transforms.generate_line': ('imgaug', 'scipy'),
    'mmdet.datasets.transforms.processors': ('skimage',),
    'mmdet.datasets.transforms.transforms': ('imagecorruptions',),
    'mmdet.models.data_preprocessors.data_preprocessor': ('skimage',),
    'mmdet.models.dense_heads.clr_head.clr_head': ('matplotlib',),
    'mmdet.models.dense_heads.clr_head.lane': ('scipy',),
    'mmdet.models.dense_heads.paa_head': ('sklearn',),
    'mmdet.models.task_modules.assigners.hungarian_assigner': ('scipy',),
    'mmdet.models.task_modules.assigners.topk_hungarian_assigner': ('scipy',),
    'mmdet.models.task_modules.tracking.aflink': ('scipy',),
    'mmdet.models.task_modules.tracking.interpolation': ('sklearn',),
    'mmdet.models.task_modules.tracking.kalman_filter': ('scipy',),
    'mmdet.models.trackers.sort_tracker': ('scipy',),
    'mmdet.utils.mot_error_visualize': ('matplotlib',),
    'mmdet.visualization.local_visualizer': ('matplotlib',),
}
"""Modules, and the packages that their functions call."""

EXPORTED: dict[str, tuple[str, ...]] = {
    'mmengine._strategy': ('mmengine._strategy.fsdp',),
    'mmengine.model': ('mmengine.model.wrappers.MMFullyShardedDataParallel',),
    'mmengine.model.wrappers': ('mmengine.model.wrappers.fully_sharded_distributed',),
    'torch.distributed.optim': ('torch.distributed.optim.named_optimizer',),
}
"""Packages, and modules (or names) that they import no more than to export a class."""

REGISTERED: dict[str, tuple[str, str]] = {
    'mmengine._strategy': ('STRATEGIES', 'mmengine._strategy.fsdp'),
    'mmengine.model.wrappers': (
        'MODEL_WRAPPERS',
        'mmengine.model.wrappers.fully_sharded_distributed',
    ),
}
"""Of these packages, MMEngine's registry that gets a class, and the module that registers it."""

_LAUNCHED = ('RANK', 'SLURM_PROCID', 'OMPI_COMM_WORLD_RANK')


def defer_imports() -> None:
    """Defer imports from now on; calling it again changes nothing.

    A process of a distributed run keeps the imports of FSDP.
    """
    if any(isinstance(finder, _DeferringFinder) for finder in sys.meta_path):
        return
    exported = {} if any(name in os.environ for name in _LAUNCHED) else EXPORTED
    sys.meta_path.insert(0, _DeferringFinder({**DEFERRED, **exported}))


@contextmanager
def without_collection() -> Iterator[None]:
    """Collect no garbage in the block, which imports: what it makes stays.

    The collector would go through all objects of thousands of modules again and again.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def public_names(
    package: str, places: Mapping[str, str]
) -> tuple[Callable[[str], Any], Callable[[], list[str]]]:
    """Return ``__getattr__`` and ``__dir__`` of a package whose names load when they are used.

    Args:
        package: Its ``__name__``.
        places: Public name to the module below the package that has it.
    """

    def load(name: str) -> Any:
        """Load a public name."""
        if name not in places:
            raise AttributeError(f'module {package!r} has no attribute {name!r}')
        with without_collection():
            value = getattr(importlib.import_module(f'{package}.{places[name]}'), name)
        setattr(sys.modules[package], name, value)
        return value

    def listed() -> list[str]:
        """List the public names too."""
        return sorted({*vars(sys.modules[package]), *places})

    return load, listed


class Deferred:
    """Something in a package, imported when it is called or has an attribute read.

    Args:
        name: Its dotted name.
        loading: Holds something while the importing module runs: until then, attributes are
            parts of import statements.
    """

    def __init__(self, name: str, loading: list[object]) -> None:
        self._name, self._loading = name, loading

    def __getattr__(self, attribute: str) -> Any:
        if attribute.startswith('__'):
            raise AttributeError(attribute)
        if self._loading:
            return Deferred(f'{self._name}.{attribute}', self._loading)
        return getattr(self._resolve(), attribute)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Import it, and call it."""
        return self._resolve()(*args, **kwargs)

    def __repr__(self) -> str:
        return f'<deferred {self._name}>'

    def _resolve(self) -> Any:
        return pkgutil.resolve_name(self._name)


class _DeferringLoader(Loader):
    """A loader that runs a module as its own does, with some of its imports deferred."""

    def __init__(self, loader: Loader, deferred: tuple[str, ...]) -> None:
        self._loader, self._deferred = loader, deferred

    def __getattr__(self, name: str) -> Any:
        return getattr(self._loader, name)

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        """Create it as the loader does."""
        return self._loader.create_module(spec)

    def exec_module(self, module: ModuleType) -> None:
        """Run it; the module keeps no trace of this."""
        module.__loader__ = self._loader
        if module.__spec__ is not None:
            module.__spec__.loader = self._loader
        loading: list[object] = [module]
        # Python takes the import statement of a module from the builtins of the module.
        names = {**vars(builtins), '__import__': self._import(loading)}
        module.__dict__['__builtins__'] = names
        try:
            self._loader.exec_module(module)
        finally:
            loading.clear()
            module.__dict__['__builtins__'] = builtins
        if module.__name__ in EXPORTED:
            _export(module)

    def _import(self, loading: list[object]) -> Any:
        def import_(
            name: str,
            globals: Mapping[str, object] | None = None,
            locals: Mapping[str, object] | None = None,
            fromlist: Sequence[str] | None = (),
            level: int = 0,
        ) -> Any:
            if loading:
                full = name
                if level:
                    full = resolve_name('.' * level + name, str((globals or {})['__package__']))
                if self._waits(full, fromlist or ()):
                    # "import a.b" binds a, "from a.b import c" takes c from a.b.
                    return Deferred(full if fromlist else full.partition('.')[0], loading)
            return builtins.__import__(name, globals, locals, fromlist or (), level)

        return import_

    def _waits(self, full: str, fromlist: Sequence[str]) -> bool:
        if full in sys.modules and full.partition('.')[0] == full:
            return False  # imported by somebody else: no time to be won
        for name in self._deferred:
            if f'{full}.'.startswith(f'{name}.') or any(f'{full}.{x}' == name for x in fromlist):
                return find_spec(full.partition('.')[0]) is not None
        return False


def _export(module: ModuleType) -> None:
    """Turn the deferred names of a package into attributes that are imported when asked for."""
    waiting = {name: value for name, value in vars(module).items() if isinstance(value, Deferred)}
    for name in waiting:
        delattr(module, name)

    def load(name: str) -> Any:
        if name not in waiting:
            raise AttributeError(f'module {module.__name__!r} has no attribute {name!r}')
        value = waiting[name]._resolve()
        setattr(module, name, value)
        return value

    module.__dict__['__getattr__'] = load
    if waiting and module.__name__ in REGISTERED:
        name, location = REGISTERED[module.__name__]
        registry = getattr(importlib.import_module('mmengine.registry'), name)
        registry._locations = [*registry._locations, location]  # the list is MMEngine's default
        registry._imported = False


class _DeferringFinder(MetaPathFinder):
    """A finder that gives the modules in question their loader."""

    def __init__(self, deferred: dict[str, tuple[str, ...]]) -> None:
        self._deferred = deferred

    def find_spec(
        self, fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Find it as the next finder does."""
        if fullname not in self._deferred:
            return None
        for finder in sys.meta_path:
            if isinstance(finder, _DeferringFinder):
                continue
            spec = finder.find_spec(fullname, path, target)
            if spec is not None and spec.loader is not None:
                spec.loader = _DeferringLoader(spec.loader, self._deferred[fullname])
                return spec
        return None
