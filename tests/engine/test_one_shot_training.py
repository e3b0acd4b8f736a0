"""Both stages of a one-shot network inside a real, tiny Runner, on generated frames."""

import json
import uuid
from pathlib import Path
from typing import Any

import pytest
import torch
from mmengine.config import Config
from mmengine.logging import MMLogger
from mmengine.registry import RUNNERS, DefaultScope

from ..models.one_shot import one_shot_config

PIPELINE = [
    {'type': 'LoadFrame'},
    {'type': 'mmdet.LoadTrackAnnotations'},
    {'type': 'LetterboxFrame', 'scale': (96, 64)},
    {'type': 'PackFrame'},
]
TASKS = {'type': 'EpisodicDataset', 'num_support': 2, 'num_ways': 4, 'window': 6}
CHECK = {'type': 'TaskCheckHook'}
MAML = {'type': 'MAMLOptimizerHook', 'inner_lr': 0.1}


def config(root: Path, work_dir: Path, tasks: bool, hooks: list[dict], **options: Any) -> Config:
    dataset: dict = {
        'type': 'MOTFrameDataset',
        'data_root': str(root),
        'ann_file': 'annotations/train_cocoformat.json',
        'data_prefix': {'img_path': 'train'},
        'pipeline': PIPELINE,
    }
    if tasks:
        dataset = {**TASKS, 'dataset': dataset}
    network = one_shot_config({'num_classes': None, 'memory': {'max_tasks': 5}})
    defaults = {
        'model': {
            'type': 'MAMLMOT',
            'detector': network,
            'tracker': {'type': 'OnlineMetaTracker'},
            'data_preprocessor': {
                'type': 'TaskDataPreprocessor',
                'mean': [127.0] * 3,
                'std': [60.0] * 3,
            },
        },
        'train_dataloader': {
            'batch_size': 4,
            'num_workers': 0,
            'dataset': dataset,
            'sampler': {'type': 'EpisodeSampler'},
        },
        'train_cfg': {'type': 'EpochBasedTrainLoop', 'max_epochs': 1},
        'optim_wrapper': {'optimizer': {'type': 'Adam', 'lr': 1e-2}},
        'custom_hooks': [CHECK, *hooks],
        'default_hooks': {'logger': {'type': 'LoggerHook', 'interval': 1}},
        'default_scope': 'mmmaml',
        'runner_type': 'mmmaml.MetaRunner',
        'randomness': {'seed': 0},
        'work_dir': str(work_dir),
        'log_level': 'WARNING',
        'experiment_name': uuid.uuid4().hex,
    }
    return Config({**defaults, **options})


def train(*args: Any, **options: Any) -> Any:
    runner = RUNNERS.build(config(*args, **options))
    runner.train()
    return runner


def logged(work_dir: Path) -> list[dict]:
    (path,) = work_dir.glob('*/vis_data/scalars.json')
    return [json.loads(line) for line in path.read_text().splitlines()]


@pytest.fixture(scope='module')
def stage_one(mot_root: Path, tmp_path_factory: pytest.TempPathFactory) -> Any:
    work_dir = tmp_path_factory.mktemp('stage_one')
    with pytest.MonkeyPatch.context() as patch:  # what it registers ends with it
        for manager in (DefaultScope, MMLogger):
            patch.setattr(manager, '_instance_dict', manager._instance_dict.copy())
        return train(mot_root, work_dir, True, [MAML, {'type': 'TaskMemoryHook'}])


def test_the_hooks_serve_tasks_of_frames(stage_one: Any) -> None:
    head = stage_one.model.detector.reid_head
    tasks = stage_one.train_dataloader.dataset
    assert head.num_classes == tasks.num_identities == 12
    rows = logged(Path(stage_one.work_dir))
    assert {'loss_query', 'loss_plain', 'query_ce', 'query_ce_adapted'} <= set(rows[0])
    memory = head.task_memory
    assert memory.support.shape == (5, 4 * 2, 6)
    assert memory.grads.shape == (5, 4 * 2, 5)
    assert head.scatter.count > 5  # of all ways, each identity once


def test_the_memory_knows_ways_that_are_not_there(stage_one: Any) -> None:
    learner, dataset = stage_one.model.detector, stage_one.train_dataloader.dataset
    chosen = torch.linspace(0, len(dataset) - 1, 5).round().long().tolist()
    samples = [dataset[index]['data_samples'] for index in chosen]
    present = torch.stack([sample.labels >= 0 for sample in samples]).repeat_interleave(2, dim=1)
    memory = learner.reid_head.task_memory
    assert not memory.support[~present].any()
    assert not memory.grads[~present].any()
    assert memory.grads[present].any(1).all()


def test_stage_two_goes_on_from_stage_one_and_keeps_tasks_of_its_own(
    stage_one: Any, mot_root: Path, tmp_path: Path
) -> None:
    before = {n: v.clone() for n, v in stage_one.model.state_dict().items()}
    keep = {'type': 'TaskMemoryHook', 'dataset': TASKS}
    start = str(Path(stage_one.work_dir) / 'epoch_1.pth')
    fresh = RUNNERS.build(config(mot_root, tmp_path / 'a', False, [], load_from=start))
    fresh.load_or_resume()
    for name, value in before.items():
        torch.testing.assert_close(fresh.model.state_dict()[name], value, rtol=0, atol=0)
    runner = train(mot_root, tmp_path / 'b', False, [MAML, keep], load_from=start)
    rows = logged(tmp_path / 'b')
    assert {'loss_det', 'loss_id', 'loss_weights', 'heatmap_focal'} <= set(rows[0])
    assert sum(row['loss'] for row in rows[-4:]) < sum(row['loss'] for row in rows[:4])
    after = runner.model.state_dict()
    memory = 'detector.bbox_head.reid.task_memory.support'
    assert after[memory].shape == before[memory].shape
    assert not torch.equal(after[memory], before[memory])


def test_a_dataset_of_frames_alone_has_no_tasks_to_keep(mot_root: Path, tmp_path: Path) -> None:
    runner = RUNNERS.build(config(mot_root, tmp_path, False, [{'type': 'TaskMemoryHook'}]))
    with pytest.raises(TypeError, match='MOTFrameDataset: state one as dataset of TaskMemoryHook'):
        runner.train()
