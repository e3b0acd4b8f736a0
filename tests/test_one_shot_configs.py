"""Configs of the one-shot network: what they build, on generated data, and how stages fit."""

from pathlib import Path
from typing import Any

import pytest
from mmengine.config import Config
from mmengine.registry import DefaultScope

from mmmaml.datasets import EpisodicDataset, MOTFrameDataset
from mmmaml.engine import TaskMemoryHook
from mmmaml.models import MAMLMOT, CountingHead, OneShotDetector
from mmmaml.registry import DATASETS, HOOKS, METRICS, MODELS
from mmmaml.structures import TaskDataSample
from mmmaml.utils import register_all_modules

ROOT = Path(__file__).resolve().parents[1] / 'configs' / 'one_shot'
DEMO = 'one-shot_r18_demo'
STAGE_ONE = sorted(path.stem for path in ROOT.glob('maml-mot-stage1_*.py'))
STAGE_TWO = sorted(path.stem for path in ROOT.glob('maml-mot_*.py'))
TWINS = sorted(path.stem for path in ROOT.glob('fairmot_*.py'))
NETWORKS = [DEMO, STAGE_TWO[0], TWINS[0]]


def read(name: str) -> Config:
    return Config.fromfile(ROOT / f'{name}.py')


def frames_of(config: Config) -> Config:
    dataset = config.train_dataloader.dataset
    return dataset.get('dataset', dataset)


@pytest.fixture
def scope():
    register_all_modules(init_default_scope=False)
    with DefaultScope.overwrite_default_scope('mmmaml'):
        yield


def test_three_configs_for_each_benchmark_and_split() -> None:
    assert len(STAGE_ONE) == len(STAGE_TWO) == len(TWINS) == 6


@pytest.mark.parametrize('name', [*STAGE_ONE, *STAGE_TWO, *TWINS, DEMO])
def test_data_and_hooks_build(name: str, mot_root: Path, scope: None) -> None:
    config = read(name)
    frames_of(config).data_root = str(mot_root)
    train = DATASETS.build(config.train_dataloader.dataset)
    width, height = (320, 192) if name == DEMO else (1088, 608)
    if name in STAGE_ONE or name == DEMO:
        assert isinstance(train, EpisodicDataset)
        item = train[0]
        assert item['inputs'].shape[1:] == (3, height, width)
        assert isinstance(item['data_samples'], TaskDataSample)
        assert len(item['data_samples'].labels) == train.num_ways
    else:
        assert isinstance(train, MOTFrameDataset)
        assert train[0]['inputs'].shape == (3, height, width)
    for hook in config.custom_hooks:
        built = HOOKS.build(hook)
        if isinstance(built, TaskMemoryHook) and built.dataset is not None:
            tasks = DATASETS.build({'dataset': train, **built.dataset})
            item = tasks.with_pipeline(built.pipeline)[0]
            assert item['inputs'].shape[1:] == (3, height, width)
    if name in STAGE_ONE:
        assert config.test_dataloader is config.test_evaluator is config.val_dataloader is None
        return
    config.test_dataloader.dataset.data_root = str(mot_root)
    frame = DATASETS.build(config.test_dataloader.dataset)[(0, 0)]
    assert frame['inputs'].shape == (1, 3, height, width)
    # The letterbox is undone and the tracker's clock is set by these.
    assert {'scale_factor', 'pad_param', 'frame_rate'} <= set(frame['data_samples'][0].metainfo)
    METRICS.build(config.test_evaluator)


@pytest.mark.parametrize('name', NETWORKS)
def test_networks_build(name: str, scope: None) -> None:
    model = MODELS.build(read(name).model)
    assert isinstance(model, MAMLMOT)
    assert isinstance(model.detector, OneShotDetector)
    assert all(parameter.requires_grad for parameter in model.parameters())


@pytest.mark.parametrize('name', STAGE_TWO)
def test_stage_two_starts_from_stage_one_of_the_same_data(name: str) -> None:
    second = read(name)
    folder, file = Path(second.load_from).parts[-2:]
    first = read(folder)
    assert file == f'epoch_{first.train_cfg.max_epochs}.pth'
    assert first.model.detector == second.model.detector
    for key in ('data_root', 'ann_file', 'type'):
        assert frames_of(first)[key] == frames_of(second)[key]


@pytest.mark.parametrize('name', STAGE_TWO)
def test_the_twin_differs_by_meta_learning_alone(name: str) -> None:
    def rest(config: Config) -> dict[str, Any]:
        plain = config.to_dict()
        plain['model']['detector']['bbox_head']['reid'].pop('task_classifier')
        plain['model']['tracker'].pop('adapter_cfg', None)
        plain.pop('load_from')
        plain['custom_hooks'] = [
            hook for hook in plain['custom_hooks'] if hook['type'] != 'MAMLOptimizerHook'
        ]
        return plain

    assert rest(read(name)) == rest(read(name.replace('maml-mot', 'fairmot')))


def test_the_recipe_is_the_papers() -> None:
    first, second = read(STAGE_ONE[0]), read(STAGE_TWO[0])
    assert first.train_cfg.max_epochs == 60
    assert first.optim_wrapper.optimizer.lr == 1e-4
    (inner,) = (hook for hook in first.custom_hooks if hook.type == 'MAMLOptimizerHook')
    assert (inner.inner_lr, inner.num_steps, inner.get('solver')) == (5e-3, 1, None)
    assert second.train_cfg.max_epochs == 30
    assert second.optim_wrapper.optimizer.to_dict() == {'type': 'Adam', 'lr': 1e-4}
    (schedule,) = second.param_scheduler
    assert (schedule.milestones, schedule.gamma) == ([20], 0.1)
    assert 2 * second.train_dataloader.batch_size == 12
    task = first.train_dataloader.dataset
    frames = task.num_support + task.num_query
    assert 2 * first.train_dataloader.batch_size * frames == 12


COUNTING = sorted((ROOT.parent / 'counting_mot').glob('*.py'))


def test_counting_for_each_benchmark_and_split() -> None:
    assert len(COUNTING) == 8


@pytest.mark.parametrize('path', COUNTING, ids=lambda path: path.stem)
def test_counting_differs_from_its_twin_by_its_head_and_plain_tracks(path: Path) -> None:
    name = DEMO if 'demo' in path.stem else path.stem.replace('counting-mot', 'fairmot')
    ours, twin = Config.fromfile(path).to_dict(), read(name).to_dict()
    head = ours['model']['detector']['bbox_head']
    assert head['type'] == 'CountingHead'
    head['type'] = twin['model']['detector']['bbox_head'].get('type', 'OneShotHead')
    twin['model']['detector']['bbox_head'].setdefault('type', 'OneShotHead')
    assert ours['model']['tracker'].pop('adapt') is ('adapted' in path.stem)
    twin['custom_hooks'] = [
        hook for hook in twin['custom_hooks'] if hook['type'] != 'MAMLOptimizerHook'
    ]
    assert ours == twin


BOT_SORT = sorted((ROOT.parent / 'bot_sort').glob('*.py'))


def test_bot_sort_for_each_benchmark_and_split() -> None:
    assert len(BOT_SORT) == 8


@pytest.mark.parametrize('path', BOT_SORT, ids=lambda path: path.stem)
def test_bot_sort_differs_from_its_twin_by_the_tracker(path: Path) -> None:
    name = DEMO if 'demo' in path.stem else path.stem.replace('bot-sort', 'fairmot')
    ours, twin = Config.fromfile(path), read(name)
    compared = Config.fromfile(ROOT.parent / 'compare' / 'bot-sort_r18_demo.py').model.tracker
    tracker = ours.model.tracker
    scores = ('score_thr', 'low_score_thr', 'init_score_thr')
    assert [tracker[key] for key in scores] == [twin.model.tracker[key] for key in scores]
    assert tracker.adapt is ('adapted' in path.stem)
    same = {key: value for key, value in compared.items() if key not in (*scores, 'reid', 'adapt')}
    assert tracker == {**tracker, **same}
    assert MODELS.build(tracker) is not None
    rest, expected = ours.to_dict(), twin.to_dict()
    for name in ('bot_sort', 'detector_scores', 'scores'):
        del rest[name]
    del rest['model']['tracker'], expected['model']['tracker']
    hooks = expected['custom_hooks']
    expected['custom_hooks'] = [hook for hook in hooks if hook['type'] != 'MAMLOptimizerHook']
    assert rest == expected


def test_the_counting_network_builds(scope: None) -> None:
    model = MODELS.build(Config.fromfile(COUNTING[-1]).model)
    assert isinstance(model.detector.bbox_head, CountingHead)
