"""A detector that remembers frames: each video has its own, and they are saved with the tracks."""

import io
from pathlib import Path

import numpy as np
import pytest
import torch
from mmengine.config import Config

from mmmaml.apis import MOTInferencer
from tests.apis.bright_people import frames
from tests.apis.small_model import CONFIGS, save_weights

OPTIONS = {
    'test_dataloader.dataset.pipeline.0.transforms.1.scale': (64, 64),
    'model.detector.test_cfg.score_thr': 0.0,
    'model.detector.test_cfg.max_per_img': 4,
    'model.tracker.score_thr': 0.0,
    'model.tracker.low_score_thr': 0.0,
    'model.tracker.init_score_thr': 0.0,
    'model.tracker.num_tentatives': 1,
    'log_level': 'ERROR',
}


@pytest.fixture
def config() -> Config:
    config = Config.fromfile(CONFIGS / 'tlr' / 'tlr_r18_demo.py')
    config.merge_from_dict(OPTIONS)
    return config


@pytest.fixture
def inferencer(config: Config, tmp_path: Path) -> MOTInferencer:
    inferencer = MOTInferencer(config, save_weights(config, tmp_path / 'weights.pth'))
    # Without training boxes have no size: let them be eight cells wide and high.
    torch.nn.init.constant_(inferencer.model.detector.bbox_head.box_branch[-1].bias, 4.0)
    return inferencer


def scores(tracks: object) -> np.ndarray:
    """Scores of the tracks, which each map changes."""
    assert len(tracks.scores)  # type: ignore[attr-defined]
    return np.sort(tracks.scores)  # type: ignore[attr-defined]


def test_streams_do_not_see_the_frames_of_each_other(inferencer: MOTInferencer) -> None:
    videos = [frames(3), frames(3)[::-1]]
    alone = [[scores(each.tracks) for each in inferencer.stream(video)] for video in videos]
    assert not np.allclose(alone[0][2], alone[1][0])  # the same frame after others
    found: list[list[np.ndarray]] = [[], []]
    for frame in inferencer.streams(videos):
        found[frame.stream].append(scores(frame.tracks))
    np.testing.assert_allclose(found, alone, rtol=1e-5)
    assert inferencer.model.detector.memory.frame_id == 2  # of its own video


def test_they_are_saved_with_the_tracks(inferencer: MOTInferencer, config: Config) -> None:
    images = frames(4)
    expected = [scores(inferencer.update(image)) for image in images]
    inferencer.reset()
    for image in images[:2]:
        inferencer.update(image)
    file = io.BytesIO()
    torch.save(inferencer.state_dict(), file)
    for image in reversed(images):
        inferencer.update(image)  # which is another video to the state
    file.seek(0)
    state = torch.load(file, weights_only=True)
    inferencer.load_state_dict(state)
    found = [scores(inferencer.update(image)) for image in images[2:]]
    np.testing.assert_allclose(found, expected[2:], rtol=1e-5)
    state.pop('detector')
    with pytest.raises(ValueError, match='take the same config'):
        inferencer.load_state_dict(state)
