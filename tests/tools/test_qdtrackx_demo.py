"""The demo of QDTrack on YOLOX from the command line, on generated data smaller than its own."""

import json
from pathlib import Path

import numpy as np
import torch

from mmmaml.utils.mot_files import FRAME, read_rows

from .test_one_shot_demo import on_demo_data  # noqa: F401

FOLDER = Path(__file__).parents[2] / 'configs' / 'qdtrackx'
SMALL = '[96,64]'
SHORT = {
    'train_cfg.max_epochs': 2,
    'train_dataloader.dataset.num_support': 1,
    'default_hooks.checkpoint.interval': 2,
    'default_hooks.logger.interval': 1,
    'log_processor.window_size': 1,
    'train_dataloader.dataset.dataset.pipeline.2.scale': SMALL,
    'test_dataloader.dataset.pipeline.0.transforms.1.scale': '(96,64)',
    'custom_hooks.0.pipeline.2.scale': SMALL,
    'log_level': 'ERROR',
}
EVERYBODY = {
    'model.detector.test_cfg.score_thr': 0.0,
    'model.detector.test_cfg.nms.iou_threshold': 0.1,
    'model.detector.test_cfg.nms.max_num': 8,
}


def test_it_trains_and_both_trackers_test_its_checkpoint(on_demo_data, run_tool):  # noqa: F811
    run_tool('train', FOLDER / 'qdtrackx_yolox_demo.py', '--work-dir', 'run', **SHORT)
    (log,) = Path('run').glob('*/vis_data/scalars.json')
    rows = [json.loads(line) for line in log.read_text().splitlines()]
    first, last = (np.mean([row['loss'] for row in part]) for part in (rows[:3], rows[-3:]))
    assert last < 0.95 * first
    state = torch.load('run/epoch_2.pth', weights_only=True)['state_dict']
    assert 'embedding.classifier' not in state
    torch.testing.assert_close(state['embedding.embed.weight'], torch.eye(64))
    assert state['embedding.scatter.count'] > 0
    assert state['embedding.scatter.scatter'].trace() > 0
    for tracker, thresholds in {
        'yolox': ('init_score_thr', 'obj_score_thr'),
        'yolox-adapted': ('init_score_thr', 'score_thr', 'low_score_thr'),
    }.items():
        unsure = {**EVERYBODY, **{f'model.tracker.{name}': 0.0 for name in thresholds}}
        config = FOLDER / f'qdtrackx_{tracker}_demo.py'
        run_tool('test', config, 'run/epoch_2.pth', '--work-dir', tracker, **SHORT, **unsure)
        scores = json.loads(Path(tracker, 'metrics.json').read_text())['overall']
        assert np.isfinite(scores['MOTA'])
        (results,) = Path(tracker, 'results').glob('*.txt')
        tracks = read_rows(results)
        assert 1 <= tracks[:, FRAME].min() <= tracks[:, FRAME].max() <= 30
