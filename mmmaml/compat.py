"""The bridge to MMTracking: lets mmtrack 1.0.0rc1 run beside today's mmcv and mmdet.

The last release of mmtrack refuses today's mmcv and mmdet by an assertion on their version
strings, so does mmcls (whose Re-ID parts mmtrack uses) with mmcv's, and one single-object module
imports ``mmdet.models.layers.Transformer``, which mmdet no longer has. Nothing else stands in the
way: all models of mmtrack register and its trackers run.

The bridge is an import hook. It acts on the three modules in question when they are first
imported, instead of importing mmtrack when mmmaml is: that keeps ``import mmmaml`` at some
milliseconds (mmtrack with mmdet takes four seconds), and works in whatever order a registry, a
config or a user asks for mmtrack. Each module is first run untouched, and only when it refuses it
is run again with what it misses presented for just that time. So the bridge does nothing where
mmtrack imports by itself, and everything it touched is restored, also on failure.

While ``mmdet.datasets`` is imported, the bridge also drops two lines about OneDL from stdout,
which mmdet prints at the level of debugging, before the output of every program.

What it does not bring back: building STARK, whose base class is gone, and the evaluation of video
instance segmentation, which calls ``np.float``.
"""

import importlib
import io
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, redirect_stdout
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

MMTRACK_REQUIREMENTS = ('mmtrack==1.0.0rc1', 'mmcls==1.0.0rc6')
"""Tested versions; installed without dependencies, as mmtrack pins an old pandas and scipy."""

PRESENTED_VERSIONS = {'mmcv': '2.0.0rc4', 'mmdet': '3.0.0rc6'}
"""Versions that mmtrack 1.0.0rc1 and mmcls 1.0.0rc6 accept."""


ONEDL_NOTE = 'Could not import OneDL. Skipping OneDL datasets.'


def apply_bridge() -> None:
    """Let mmtrack be imported from now on; calling it again changes nothing."""
    if not any(isinstance(finder, _BridgeFinder) for finder in sys.meta_path):
        sys.meta_path.insert(0, _BridgeFinder())


@contextmanager
def _presented(target: object, name: str, value: object) -> Iterator[None]:
    """Give ``target`` the attribute ``name`` for the time of the block."""
    missing = object()
    original = getattr(target, name, missing)
    setattr(target, name, value)
    try:
        yield
    finally:
        if original is missing:
            delattr(target, name)
        else:
            setattr(target, name, original)


@contextmanager
def _accepted_versions() -> Iterator[None]:
    """Present versions of mmcv and mmdet that the assertions of mmtrack and mmcls accept."""
    mmcv, mmdet = (importlib.import_module(name) for name in PRESENTED_VERSIONS)
    with (
        _presented(mmcv, '__version__', PRESENTED_VERSIONS['mmcv']),
        _presented(mmdet, '__version__', PRESENTED_VERSIONS['mmdet']),
    ):
        yield


@contextmanager
def _transformer_stand_in() -> Iterator[None]:
    """Present a base class for STARK's transformer, which can be derived from but not built."""
    from mmengine.model import BaseModule

    class Transformer(BaseModule):
        def __init__(self, *args: Any, **kwargs: Any) -> None:
            raise NotImplementedError(
                'STARK of mmtrack derives from mmdet.models.layers.Transformer, which the '
                'installed mmdet no longer has; run STARK with MMTracking and MMDetection 3.0.'
            )

    layers = importlib.import_module('mmdet.models.layers')
    with _presented(layers, 'Transformer', Transformer):
        yield


_REMEDIES: dict[str, Callable[[], AbstractContextManager[None]]] = {
    'mmtrack': _accepted_versions,
    'mmcls': _accepted_versions,
    'mmtrack.models.track_heads.stark_head': _transformer_stand_in,
}


@contextmanager
def _without_onedl_notes() -> Iterator[None]:
    """Drop the lines about OneDL; other output of the block follows at its end."""
    printed = io.StringIO()
    try:
        with redirect_stdout(printed):
            yield
    finally:
        print(printed.getvalue().replace(f'{ONEDL_NOTE}\n', ''), end='')


_SURROUNDINGS: dict[str, Callable[[], AbstractContextManager[None]]] = {
    'mmdet.datasets': _without_onedl_notes,
}


class _BridgeLoader(Loader):
    """Loader that runs a module as its own does, and once more with its remedy if it refuses."""

    def __init__(self, loader: Loader, remedy: Callable[[], AbstractContextManager[None]]) -> None:
        self._loader = loader
        self._remedy = remedy

    def __getattr__(self, name: str) -> Any:
        return getattr(self._loader, name)

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        return self._loader.create_module(spec)

    def _hand_back(self, module: ModuleType) -> None:
        # The module keeps no trace of the bridge: sources and resources come from its own loader.
        module.__loader__ = self._loader
        if module.__spec__ is not None:
            module.__spec__.loader = self._loader

    def exec_module(self, module: ModuleType) -> None:
        self._hand_back(module)
        try:
            self._loader.exec_module(module)
        except (AssertionError, ImportError):
            with self._remedy():
                self._loader.exec_module(module)


class _SurroundedLoader(_BridgeLoader):
    """Loader that runs a module as its own does, once, within a context."""

    def exec_module(self, module: ModuleType) -> None:
        self._hand_back(module)
        with self._remedy():
            self._loader.exec_module(module)


class _BridgeFinder(MetaPathFinder):
    """Finder that gives the modules in need of help the bridge, where Python finds them."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if fullname not in _REMEDIES and fullname not in _SURROUNDINGS:
            return None
        spec = _find_without_bridge(fullname, path, target)
        if spec is not None and spec.loader is not None:
            if fullname in _SURROUNDINGS:
                spec.loader = _SurroundedLoader(spec.loader, _SURROUNDINGS[fullname])
            else:
                spec.loader = _BridgeLoader(spec.loader, _REMEDIES[fullname])
            _forget_missing_scopes(fullname)
        return spec


def _find_without_bridge(
    fullname: str, path: Sequence[str] | None, target: ModuleType | None
) -> ModuleSpec | None:
    for finder in sys.meta_path:
        if isinstance(finder, _BridgeFinder):
            continue
        spec = finder.find_spec(fullname, path, target)
        if spec is not None:
            return spec
    return None


def explain_missing_scopes() -> None:
    """Make every registry say what to install when ``mmtrack.X`` or ``mmdet.X`` is named.

    MMEngine alone would only say that it is not in a registry. Calling it again, or with the
    package installed, changes nothing.
    """
    from mmengine import registry

    class MissingScope(registry.Registry):
        def get(self, key: str) -> type | None:
            raise ModuleNotFoundError(_MESSAGES[self.scope](key), name=self.scope)

    roots = [each for each in vars(registry).values() if isinstance(each, registry.Registry)]
    for package in _MESSAGES:
        if is_installed(package):
            continue
        for root in roots:
            if package not in root.children:
                _missing_scopes.append(MissingScope(root.name, parent=root, scope=package))


def is_installed(package: str) -> bool:
    """Return True if Python finds a package; it is not imported."""
    if package in sys.modules:
        return sys.modules[package] is not None
    try:
        return _find_without_bridge(package, None, None) is not None
    except ImportError:
        return False


def has_openmmlab() -> bool:
    """Return True if mmcv and mmdet are there, which a part of the components stands on.

    What does not: the tracker, models in the ONNX format, and all work on files.
    """
    return is_installed('mmcv') and is_installed('mmdet')


def missing_mmtrack_message(key: str) -> str:
    """Return one sentence on the installation that ``mmtrack.{key}`` needs."""
    return (
        f"'mmtrack.{key}' is a part of MMTracking, which is not installed: run "
        f'`pip install --no-deps {" ".join(MMTRACK_REQUIREMENTS)}`, whose own needs come with '
        'mmmaml.'
    )


def missing_mmdet_message(key: str) -> str:
    """Return one sentence on the installation that ``mmdet.{key}`` needs."""
    return (
        f"'mmdet.{key}' is a part of MMDetection, which is not installed: run "
        '`bash tools/install.sh`, which compiles mmcv, or track with models in the ONNX format, '
        'which need neither.'
    )


_MESSAGES: dict[str, Callable[[str], str]] = {
    'mmtrack': missing_mmtrack_message,
    'mmdet': missing_mmdet_message,
}

_missing_scopes: list[Any] = []


def _forget_missing_scopes(package: str) -> None:
    """Make room for a package's registries where it was installed after mmmaml was imported."""
    for scope in [each for each in _missing_scopes if each.scope == package]:
        _missing_scopes.remove(scope)
        del scope.parent.children[package]
