"""Configs of QDTrack on YOLOX: what they build on generated data, and how they differ."""

from pathlib import Path

import pytest
from mmengine.config import Config
from mmengine.registry import DefaultScope

from mmmaml.datasets import EpisodicDataset
from mmmaml.models import OnlineMetaTracker, QDTrackX
from mmmaml.registry import DATASETS, HOOKS, METRICS, MODELS
from mmmaml.structures import TaskDataSample
from mmmaml.utils import register_all_modules

ROOT = Path(__file__).resolve().parents[1] / 'configs' / 'qdtrackx'
BENCHMARKS = sorted(path.stem for path in ROOT.glob('qdtrackx_yolox-x_*.py'))
DEMO, ADAPTED = 'qdtrackx_yolox_demo', 'qdtrackx_yolox-adapted_demo'


def read(name: str) -> Config:
    return Config.fromfile(ROOT / f'{name}.py')


@pytest.fixture
def scope():
    register_all_modules(init_default_scope=False)
    with DefaultScope.overwrite_default_scope('mmmaml'):
        yield


def test_one_config_for_each_benchmark_and_split() -> None:
    assert len(BENCHMARKS) == 6
    for name in BENCHMARKS:
        benchmark = name.split('_')[3].removesuffix('train').removesuffix('half').upper()
        config = read(name)
        assert config.train_dataloader.dataset.dataset.data_root == f'data/{benchmark}/'
        assert config.test_dataloader.dataset.data_root == f'data/{benchmark}/'
        assert config.test_evaluator.benchmark == benchmark
        half = 'half' in name
        assert config.train_dataloader.dataset.dataset.ann_file.startswith(
            'annotations/half-train' if half else 'annotations/train'
        )
        assert config.test_dataloader.dataset.ann_file.startswith(
            'annotations/half-val' if half else 'annotations/test'
        )
        assert (config.val_dataloader is None) == (not half)


@pytest.mark.parametrize('name', [*BENCHMARKS, DEMO, ADAPTED])
def test_data_and_hooks_build(name: str, mot_root: Path, scope: None) -> None:
    config = read(name)
    config.train_dataloader.dataset.dataset.data_root = str(mot_root)
    train = DATASETS.build(config.train_dataloader.dataset)
    assert isinstance(train, EpisodicDataset)
    width, height = (320, 192) if 'demo' in name else (1440, 800)
    item = train[0]
    assert item['inputs'].shape[1:] == (3, height, width)
    assert len(item['inputs']) >= 2
    assert isinstance(item['data_samples'], TaskDataSample)
    for hook in config.custom_hooks:
        built = HOOKS.build(hook)
        assert train.with_pipeline(built.pipeline)[0]['inputs'].shape[1:] == (3, height, width)
    config.test_dataloader.dataset.data_root = str(mot_root)
    frame = DATASETS.build(config.test_dataloader.dataset)[(0, 0)]
    # The picture of 192x128 as a whole, without a border on the left or at the top.
    assert frame['inputs'].shape == (1, 3, height, height * 192 // 128)
    assert {'scale_factor', 'frame_rate'} <= set(frame['data_samples'][0].metainfo)
    METRICS.build(config.test_evaluator)


@pytest.mark.parametrize('name', [DEMO, ADAPTED, BENCHMARKS[0]])
def test_networks_build(name: str, scope: None) -> None:
    model = MODELS.build(read(name).model)
    assert isinstance(model, QDTrackX)
    assert isinstance(model.tracker, OnlineMetaTracker) == (name == ADAPTED)
    # What the README says.
    million = sum(p.numel() for p in model.parameters() if p.requires_grad) / 1e6
    assert round(million, 2) == (114.61 if name == BENCHMARKS[0] else 0.63)


def test_the_adapted_one_differs_by_its_tracker_alone() -> None:
    ours, theirs = read(ADAPTED).to_dict(), read(DEMO).to_dict()
    assert ours['model'].pop('tracker') != theirs['model'].pop('tracker')
    assert ours == theirs
