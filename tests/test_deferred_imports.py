"""Imports that wait: of small packages in this process, of the real ones in another."""

import gc
import importlib
import subprocess
import sys
from pathlib import Path

import pytest

from mmmaml import deferred_imports
from mmmaml.deferred_imports import Deferred, _DeferringFinder, without_collection

PACKAGE = {
    'importer/__init__.py': '',
    'importer/functions.py': (
        'import heavy\n'
        'import heavy.part as part\n'
        'from heavy.part import number, add as plus\n'
        'HAS = True\n'
        'def run(): return heavy.NAME, part.number, plus(1, 2)\n'
    ),
    'importer/optional.py': 'try:\n    import absent\nexcept ImportError:\n    absent = None\n',
    'importer/exports/__init__.py': 'from .heavy_class import Heavy\nLIGHT = 1\n',
    'importer/exports/heavy_class.py': 'class Heavy: pass\n',
    'heavy/__init__.py': "NAME = 'heavy'\n",
    'heavy/part.py': 'number = 7\ndef add(a, b): return a + b\n',
}


@pytest.fixture
def importer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    for name, text in PACKAGE.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    exported = {'importer.exports': ('importer.exports.heavy_class',)}
    deferred = {'importer.functions': ('heavy',), 'importer.optional': ('absent',)}
    monkeypatch.setattr(deferred_imports, 'EXPORTED', exported)
    monkeypatch.setattr(
        sys, 'meta_path', [_DeferringFinder({**deferred, **exported}), *sys.meta_path]
    )
    monkeypatch.syspath_prepend(tmp_path)
    yield importlib.import_module
    for name in [each for each in sys.modules if each.split('.')[0] in ('importer', 'heavy')]:
        del sys.modules[name]


def test_a_function_imports_what_it_calls(importer) -> None:
    module = importer('importer.functions')
    assert 'heavy' not in sys.modules
    assert module.run() == ('heavy', 7, 3)
    assert 'heavy.part' in sys.modules


def test_a_deferred_name_says_what_it_is(importer) -> None:
    module = importer('importer.functions')
    assert repr(module.plus) == '<deferred heavy.part.add>'
    assert isinstance(module.plus, Deferred)
    assert not hasattr(module.plus, '__wrapped__')


def test_the_modules_own_loader_is_left(importer) -> None:
    module = importer('importer.functions')
    assert type(module.__loader__).__name__ == type(module.__spec__.loader).__name__
    assert type(module.__loader__).__name__ == 'SourceFileLoader'
    assert module.__builtins__ is sys.modules['builtins']


def test_a_package_that_is_not_installed_fails_at_once(importer) -> None:
    assert importer('importer.optional').absent is None


def test_a_class_is_imported_when_it_is_asked_for(importer) -> None:
    package = importer('importer.exports')
    assert 'importer.exports.heavy_class' not in sys.modules
    assert 'Heavy' not in vars(package)
    from importer.exports import Heavy

    assert Heavy is sys.modules['importer.exports.heavy_class'].Heavy
    assert vars(package)['Heavy'] is Heavy
    with pytest.raises(AttributeError, match='no attribute'):
        _ = package.Other


@pytest.mark.parametrize('was_on', [True, False])
def test_the_collector_is_as_it_was(was_on: bool) -> None:
    before = gc.isenabled()
    (gc.enable if was_on else gc.disable)()
    try:
        with without_collection():
            assert not gc.isenabled()
        assert gc.isenabled() is was_on
    finally:
        (gc.enable if before else gc.disable)()


REAL = """
import sys
import mmmaml
import mmdet.models, mmdet.datasets.transforms
heavy = {'sympy', 'sklearn', 'pandas', 'imgaug', 'numba', 'matplotlib.pyplot', 'scipy.optimize'}
assert not heavy & set(sys.modules), heavy & set(sys.modules)
import numpy as np
from mmengine.registry import MODEL_WRAPPERS, STRATEGIES
from mmdet.models.task_modules.assigners import hungarian_assigner
from mmdet.models.task_modules.tracking import interpolation
rows, columns = hungarian_assigner.linear_sum_assignment(np.array([[2.0, 1.0], [1.0, 2.0]]))
assert columns.tolist() == [1, 0]
kernel = interpolation.RBF(2.0, 'fixed')
points = np.arange(4.0)[:, None]
assert interpolation.GPR(kernel).fit(points, points[:, 0]).predict(points).shape == (4,)
assert interpolation.HAS_SKIKIT_LEARN
assert 'torch.distributed.fsdp' not in sys.modules
wrapper = MODEL_WRAPPERS.get('MMFullyShardedDataParallel')
from mmengine.model import MMFullyShardedDataParallel
from torch.distributed.fsdp import FullyShardedDataParallel
assert wrapper is MMFullyShardedDataParallel and issubclass(wrapper, FullyShardedDataParallel)
assert STRATEGIES.get('FSDPStrategy').__name__ == 'FSDPStrategy'
from mmmaml.registry import MODEL_WRAPPERS as ours
assert ours.get('MMFullyShardedDataParallel') is wrapper
import torch.distributed.optim
assert torch.distributed.optim._NamedOptimizer.__name__ == '_NamedOptimizer'
import mmdet.utils.mot_error_visualize as drawing
assert drawing.plt.get_cmap('tab10').N == 10
"""


def test_nothing_of_openmmlab_is_lost() -> None:
    pytest.importorskip('mmdet')
    done = subprocess.run(
        [sys.executable, '-c', REAL], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-2000:]


def test_a_launched_process_keeps_the_imports_of_fsdp(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, 'meta_path', [])
    monkeypatch.setenv('RANK', '0')
    deferred_imports.defer_imports()
    (finder,) = sys.meta_path
    assert 'mmengine.model' not in finder._deferred
    deferred_imports.defer_imports()
    assert len(sys.meta_path) == 1
