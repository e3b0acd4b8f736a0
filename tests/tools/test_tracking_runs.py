"""Training and tracking as users start them, from one checkpoint in three frameworks' models."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch

from mmmaml.utils.mot_files import ID, read_rows

CONFIGS = Path(__file__).parents[2] / 'configs'
SHORT = {
    'train_cfg.max_epochs': 1,
    'train_dataloader.dataset.num_ways': 4,
    'model.reid.backbone.base_channels': 4,
    'model.reid.head.in_channels': 32,
    'model.tracker.frame_rate': 6,
    'log_level': 'ERROR',
    'randomness.seed': 0,
}
SEQUENCE = 'DEMO-03'


@pytest.fixture
def on_demo_data(mot_root, tmp_path, monkeypatch):
    """A working folder in which the demo configs find generated data."""
    (tmp_path / 'data').mkdir()
    (tmp_path / 'data' / 'demo').symlink_to(mot_root)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv('LOCAL_RANK', '0')
    return tmp_path


def scores_and_tracks(folder: Path) -> tuple[dict, np.ndarray]:
    scores = json.loads((folder / 'metrics.json').read_text())
    return scores['overall'], read_rows(folder / 'results' / f'{SEQUENCE}.txt')


def test_models_of_mmdet_and_mmtrack_track_like_ours(on_demo_data, run_tool):
    ours = CONFIGS / 'demo' / 'maml-mot_r18_demo.py'
    run_tool('train', ours, '--work-dir', 'trained', **SHORT)
    checkpoint = on_demo_data / 'trained' / 'epoch_1.pth'
    state = torch.load(checkpoint, weights_only=False)['state_dict']
    assert len(state['reid.head.task_memory.support']) == 12  # people of two sequences

    run_tool('test', ours, checkpoint, '--work-dir', 'ours', '--show-dir', 'drawn', **SHORT)
    scores, tracks = scores_and_tracks(on_demo_data / 'ours')
    assert scores['MOTA'] > 0.3
    assert tracks[:, ID].max() >= 3
    assert len(list((on_demo_data / 'ours').glob(f'*/drawn/{SEQUENCE}/*.jpg'))) == 30

    for name in ('mmdet-deepsort', 'mmtrack-deepsort'):
        config = CONFIGS / 'compose' / f'{name}_maml-reid_demo.py'
        run_tool('test', config, checkpoint, '--work-dir', name, **SHORT)
        other_scores, other_tracks = scores_and_tracks(on_demo_data / name)
        assert other_scores == scores
        np.testing.assert_array_equal(other_tracks, tracks)

    # The Re-ID network alone, out of the checkpoint of the whole model.
    run_tool('test', config, '--reid', checkpoint, '--work-dir', 'part', **SHORT)
    np.testing.assert_array_equal(scores_and_tracks(on_demo_data / 'part')[1], tracks)


def test_the_plain_twin_trains_and_tracks(on_demo_data, run_tool):
    config = CONFIGS / 'demo' / 'plain-reid_r18_demo.py'
    run_tool('train', config, '--work-dir', 'trained', **SHORT)
    checkpoint = on_demo_data / 'trained' / 'epoch_1.pth'
    state = torch.load(checkpoint, weights_only=False)['state_dict']
    assert state['reid.head.task_memory.support'].numel() == 0
    assert state['reid.head.scatter.count'] == 12
    run_tool('test', config, checkpoint, '--work-dir', 'plain', **SHORT)
    assert scores_and_tracks(on_demo_data / 'plain')[0]['MOTA'] > 0.3
