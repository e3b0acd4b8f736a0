"""Configs of SGT_mot: what they build, and how they differ from FairMOT's."""

from pathlib import Path
from typing import Any

import pytest
from mmengine.config import Config
from mmengine.registry import DefaultScope

from mmmaml.datasets import EpisodicDataset
from mmmaml.models import GraphHead
from mmmaml.registry import DATASETS, HOOKS, MODELS
from mmmaml.utils import register_all_modules

ROOT = Path(__file__).resolve().parents[1] / 'configs'
FULL = sorted((ROOT / 'sgt').glob('sgt_dla34_*.py'))
DEMO, ADAPTED = ROOT / 'sgt/sgt_r18_demo.py', ROOT / 'sgt/sgt_r18-adapted_demo.py'


@pytest.fixture
def scope():
    register_all_modules(init_default_scope=False)
    with DefaultScope.overwrite_default_scope('mmmaml'):
        yield


def test_one_for_each_benchmark_and_split() -> None:
    assert len(FULL) == 6


@pytest.mark.parametrize('path', FULL, ids=lambda path: path.stem)
def test_frames_and_tests_are_those_of_fairmot(path: Path) -> None:
    split = path.stem.split('_', 3)[3]
    ours = Config.fromfile(path)
    twin = Config.fromfile(ROOT / 'one_shot' / f'fairmot_dla34_30e_{split}.py')

    def frames(dataset: Any) -> dict[str, Any]:
        return {key: value for key, value in dataset.to_dict().items() if key != 'pipeline'}

    assert frames(ours.train_dataloader.dataset.dataset) == frames(twin.train_dataloader.dataset)
    for key in ('val_dataloader', 'val_evaluator', 'val_cfg', 'test_dataloader', 'test_evaluator'):
        assert ours.get(key) == twin.get(key), key
    assert ours.train_cfg.max_epochs == int(path.stem.split('_')[2].removesuffix('e'))
    (schedule,) = ours.param_scheduler
    assert schedule.milestones[0] == ours.train_cfg.max_epochs * 2 // 3
    assert ours.model.detector.bbox_head.pop('type') == 'GraphHead'
    assert twin.model.detector.bbox_head.pop('type') == 'OneShotHead'
    assert ours.model.detector.pop('task_detection_loss')
    assert ours.model.detector.bbox_head.pop('graph', {}) == (
        {'max_nodes': 300} if 'mot20' in split else {}
    )
    # Weak boxes are nodes, too.
    assert ours.model.detector.test_cfg.pop('score_thr') == 0.02
    assert ours.model.tracker.pop('low_score_thr') == 0.02
    twin.model.detector.test_cfg.pop('score_thr')
    twin.model.tracker.pop('low_score_thr')
    assert ours.model.detector == twin.model.detector
    assert ours.model.tracker.pop('stages') == {'graph': {}}
    assert ours.model.tracker.pop('adapt') is False
    twin.model.tracker.pop('stages')
    assert ours.model.tracker == twin.model.tracker


@pytest.mark.parametrize('path', [FULL[0], DEMO], ids=lambda path: path.stem)
def test_the_frames_of_a_task_move_alike(path: Path, mot_root: Path, scope: None) -> None:
    config = Config.fromfile(path)
    config.train_dataloader.dataset.dataset.data_root = str(mot_root)
    train = DATASETS.build(config.train_dataloader.dataset)
    assert isinstance(train, EpisodicDataset)
    sample = train[0]['data_samples']
    (first, *_), boxes = sample.labels[sample.labels >= 0].tolist(), sample.gt_instances
    mine = boxes.bboxes[boxes.instances_ids == first]
    # Someone who walks for a second stays near, and of one size.
    centres, heights = (mine[:, :2] + mine[:, 2:]) / 2, mine[:, 3] - mine[:, 1]
    assert (centres - centres[0]).norm(dim=1).max() < 2 * heights.max()
    assert heights.max() < 1.5 * heights.min()
    for hook in config.custom_hooks:
        HOOKS.build(hook)


def test_the_network_builds_and_the_adapted_one_is_the_same(scope: None) -> None:
    plain, adapted = (Config.fromfile(path) for path in (DEMO, ADAPTED))
    assert plain.model.detector == adapted.model.detector
    model = MODELS.build(plain.model)
    assert isinstance(model.detector.bbox_head, GraphHead)
    assert [stage.name for stage in model.tracker.matching.stages] == ['graph']
    tracker = MODELS.build(adapted.model.tracker)
    assert [stage.name for stage in tracker.matching.stages] == ['appearance', 'graph']
    assert tracker.features.adapt
