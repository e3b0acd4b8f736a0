"""The one-shot demo from the command line, on generated data smaller than its own."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch

from mmmaml.utils.mot_files import FRAME, read_rows

CONFIG = Path(__file__).parents[2] / 'configs' / 'one_shot' / 'one-shot_r18_demo.py'

SMALL = '[96,64]'
SHORT = {
    'train_cfg.max_epochs': 6,
    'default_hooks.checkpoint.interval': 6,
    'default_hooks.logger.interval': 1,
    'log_processor.window_size': 1,
    'train_dataloader.dataset.dataset.pipeline.2.scale': SMALL,
    'test_dataloader.dataset.pipeline.0.transforms.1.scale': SMALL,
    'custom_hooks.2.pipeline.2.scale': SMALL,
    'randomness.seed': 0,
    'log_level': 'ERROR',
}


@pytest.fixture
def on_demo_data(mot_root, tmp_path, monkeypatch):
    """A folder to work in where the demo's data are; returns it."""
    (tmp_path / 'data').mkdir()
    (tmp_path / 'data' / 'one_shot').symlink_to(mot_root)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv('LOCAL_RANK', '0')
    return tmp_path


def test_it_learns_to_detect_and_tracks_what_it_detects(on_demo_data, run_tool):
    run_tool('train', CONFIG, '--work-dir', 'run', **SHORT)
    (log,) = Path('run').glob('*/vis_data/scalars.json')
    rows = [json.loads(line) for line in log.read_text().splitlines()]
    for name in ('loss', 'loss_det', 'heatmap_focal', 'loss_query'):
        first, last = (np.mean([row[name] for row in part]) for part in (rows[:5], rows[-5:]))
        assert last < 0.8 * first, name
    head = 'detector.bbox_head.reid'
    state = torch.load('run/epoch_6.pth', weights_only=True)['state_dict']
    assert state[f'{head}.classifier'].shape[0] == 12  # of two sequences of six people
    assert state[f'{head}.scatter.count'] > 0
    # So early nobody scores as much as the tracker asks for.
    lower = {
        'model.tracker.score_thr': 0.12,
        'model.tracker.init_score_thr': 0.12,
        'test_evaluator.outdir': 'tested',
    }
    run_tool('test', CONFIG, 'run/epoch_6.pth', '--work-dir', 'tested', **SHORT, **lower)
    scores = json.loads(Path('tested/metrics.json').read_text())['overall']
    (results,) = Path('tested/results').glob('*.txt')
    tracks = read_rows(results)
    assert np.isfinite(scores['MOTA'])
    assert 1 <= tracks[:, FRAME].min() <= tracks[:, FRAME].max() <= 30
