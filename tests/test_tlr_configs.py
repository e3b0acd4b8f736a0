"""Configs of TLR: what they change of their twins, and that they build on generated data."""

from pathlib import Path

import pytest
from mmengine.config import Config
from mmengine.registry import DefaultScope

from mmmaml.datasets import EpisodicDataset
from mmmaml.models import CorrelationDetector, DLAUp
from mmmaml.registry import DATASETS, HOOKS, MODELS
from mmmaml.utils import register_all_modules

ROOT = Path(__file__).resolve().parents[1] / 'configs'
DEMO = ROOT / 'tlr' / 'tlr_r18_demo.py'
ADAPTED = ROOT / 'tlr' / 'tlr_r18-adapted_demo.py'
FULL = sorted((ROOT / 'tlr').glob('tlr_dla34_*.py'))


@pytest.fixture
def scope():
    register_all_modules(init_default_scope=False)
    with DefaultScope.overwrite_default_scope('mmmaml'):
        yield


def twin(path: Path) -> Config:
    name = 'one-shot_r18_demo' if 'demo' in path.stem else path.stem.replace('tlr', 'fairmot')
    return Config.fromfile(ROOT / 'one_shot' / f'{name}.py')


@pytest.mark.parametrize('path', [*FULL, DEMO], ids=lambda path: path.stem)
def test_it_differs_from_its_twin_by_neck_clips_and_plain_tracks(path: Path) -> None:
    ours, other = Config.fromfile(path).to_dict(), twin(path).to_dict()
    detector, plain = ours['model']['detector'], other['model']['detector']
    assert detector.pop('type') == 'CorrelationDetector'
    assert plain.pop('type') == 'OneShotDetector'
    assert detector['neck']['neck'] == plain['neck']
    assert detector.pop('neck')['in_channels'] == plain.pop('neck')['in_channels'][0]
    assert detector.pop('task_detection_loss')
    plain.pop('task_detection_loss', None)
    assert ours['model']['tracker'].pop('adapt') is False
    assert ours['model'] == other['model']
    tasks, frames = ours['train_dataloader']['dataset'], other['train_dataloader']['dataset']
    frames = frames.get('dataset', frames)
    pipeline = tasks['dataset'].pop('pipeline')
    moved = [each['type'] for each in pipeline if each.pop('per_task', False)]
    assert moved == ['ShiftFrameHSV', 'AffineFrame', 'FlipFrame'], 'frames of a clip move alike'
    assert pipeline == frames.pop('pipeline')
    assert tasks['dataset'] == frames
    kept = ('optim_wrapper', 'param_scheduler', 'train_cfg', 'test_dataloader', 'test_evaluator')
    assert all(ours[key] == other[key] for key in kept)


@pytest.mark.parametrize('path', [*FULL, DEMO], ids=lambda path: path.stem)
def test_its_data_and_hooks_build(path: Path, mot_root: Path, scope: None) -> None:
    config = Config.fromfile(path)
    config.train_dataloader.dataset.dataset.data_root = str(mot_root)
    tasks = DATASETS.build(config.train_dataloader.dataset)
    assert isinstance(tasks, EpisodicDataset)
    assert len(tasks[0]['inputs']) == config.train_dataloader.dataset.num_support + 1
    for hook in config.custom_hooks:
        built = HOOKS.build(hook)
        assert getattr(built, 'dataset', None) is None  # it takes the tasks of the training
    assert 'MAMLOptimizerHook' not in [hook.type for hook in config.custom_hooks]


@pytest.mark.parametrize('path', [FULL[0], DEMO], ids=lambda path: path.stem)
def test_the_network_builds(path: Path, scope: None) -> None:
    model = MODELS.build(Config.fromfile(path).model)
    assert isinstance(model.detector, CorrelationDetector)
    assert isinstance(model.detector.neck.neck, DLAUp)
    assert all(parameter.requires_grad for parameter in model.parameters())


def test_there_is_one_for_each_benchmark_and_split() -> None:
    assert len(FULL) == 6


def test_the_adapted_one_adapts_the_same_network() -> None:
    adapted, plain = (Config.fromfile(path).to_dict() for path in (ADAPTED, DEMO))
    assert adapted['model']['tracker'].pop('adapt') is True
    assert plain['model']['tracker'].pop('adapt') is False
    assert adapted == plain
