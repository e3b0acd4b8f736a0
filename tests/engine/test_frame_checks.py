"""Refusals before a one-shot network trains on frames, and mixed data that train."""

import json
from pathlib import Path

import pytest
from mmengine.registry import RUNNERS

from .test_one_shot_training import config


def runner_of(mot_root, work_dir, change):
    cfg = config(mot_root, work_dir, False, [])
    change(cfg)
    return RUNNERS.build(cfg)


def test_a_classifier_of_other_data_is_refused(mot_root, tmp_path):
    def change(cfg):
        cfg.model.detector.bbox_head.reid.num_classes = 5

    with pytest.raises(ValueError, match='5 classes, the training dataset 12 identities'):
        runner_of(mot_root, tmp_path, change).train()


def test_a_sampler_that_would_repeat_the_augmentation_is_refused(mot_root, tmp_path):
    def change(cfg):
        cfg.train_dataloader.sampler = {'type': 'DefaultSampler'}

    with pytest.raises(ValueError, match='DefaultSampler does not tell MOTFrameDataset the epoch'):
        runner_of(mot_root, tmp_path, change).train()


def test_frames_joined_with_colliding_identities_are_refused(mot_root, tmp_path):
    def change(cfg):
        frames = cfg.train_dataloader.dataset
        parts = [{**frames, 'indices': 4}, {**frames, 'indices': 8}]
        cfg.train_dataloader.dataset = {'type': 'ConcatDataset', 'datasets': parts}
        cfg.model.detector.bbox_head.reid.num_classes = 24

    with pytest.raises(ValueError, match=r'ConcatDataset joins frames .* use ConcatFrameDataset'):
        runner_of(mot_root, tmp_path, change).train()


def test_mixed_data_train_together(mot_root, tmp_path):
    """Frames of people who are known and of people who are not, in one classifier."""
    whole = mot_root / 'annotations' / 'train_cocoformat.json'
    content = json.loads(whole.read_text())
    for annotation in content['annotations']:
        annotation['instance_id'] = -1
    unknown = tmp_path / 'unknown.json'
    unknown.write_text(json.dumps(content))

    def change(cfg):
        frames = cfg.train_dataloader.dataset
        nobody = {**frames, 'ann_file': str(unknown), 'indices': 8}
        cfg.train_dataloader.dataset = {
            'type': 'ConcatFrameDataset',
            'datasets': [nobody, {**frames, 'indices': 8}],
        }

    runner = runner_of(mot_root, tmp_path / 'run', change)
    runner.train()
    assert runner.model.detector.reid_head.num_classes == 12
    (log,) = Path(tmp_path / 'run').glob('*/vis_data/scalars.json')
    rows = [json.loads(line) for line in log.read_text().splitlines()]
    assert len(rows) == 4
    assert all(row['loss'] < float('inf') for row in rows)
