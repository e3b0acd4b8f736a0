import importlib.util
import itertools
import sys
from pathlib import Path

import pytest

TOOLS = Path(__file__).parents[2] / 'tools'
_RUNS = itertools.count()
CONFIG = """
custom_imports = dict(imports=['toy_parts'])
default_scope = 'mmengine'
model = dict(type='ToyModel')
data = dict(
    batch_size=4, num_workers=0, dataset=dict(type='ToyPoints'),
    sampler=dict(type='DefaultSampler', shuffle=True))
train_dataloader = data
test_dataloader = dict(data, sampler=dict(type='DefaultSampler', shuffle=False))
test_evaluator = dict(type='ToyMetric')
train_cfg = dict(by_epoch=True, max_epochs=2)
test_cfg = dict()
optim_wrapper = dict(optimizer=dict(type='SGD', lr=0.1, momentum=0.9))
default_hooks = dict(logger=dict(type='LoggerHook', interval=1))
visualizer = dict(type='Visualizer', vis_backends=[dict(type='LocalVisBackend')])
randomness = dict(seed=3)
log_level = 'ERROR'
"""


@pytest.fixture
def toy_config(tmp_path, monkeypatch) -> Path:
    """A config file, in a process that is put back as it was."""
    monkeypatch.syspath_prepend(str(Path(__file__).parent))
    monkeypatch.setenv('LOCAL_RANK', '0')
    monkeypatch.chdir(tmp_path)
    path = tmp_path / 'toy.py'
    path.write_text(CONFIG)
    return path


@pytest.fixture
def run_tool(monkeypatch):
    """``run_tool('train', arguments...)`` calls ``main`` of a tool in this process."""
    monkeypatch.syspath_prepend(str(TOOLS))

    def run(name: str, *arguments: object, **options: object) -> None:
        spec = importlib.util.spec_from_file_location(f'mmmaml_tools_{name}', TOOLS / f'{name}.py')
        module = importlib.util.module_from_spec(spec)
        monkeypatch.setitem(sys.modules, spec.name, module)
        spec.loader.exec_module(module)
        # Runs of one second would share their logs and messages.
        options = {'experiment_name': f'run{next(_RUNS)}', **options}
        pairs = [f'{key}={value}' for key, value in options.items()]
        module.main([*map(str, arguments), '--cfg-options', *pairs])

    return run


@pytest.fixture
def on_demo_data(mot_root, tmp_path, monkeypatch):
    """A working folder in which the demo configs find generated data."""
    (tmp_path / 'data').mkdir()
    (tmp_path / 'data' / 'demo').symlink_to(mot_root)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv('LOCAL_RANK', '0')
    return tmp_path
