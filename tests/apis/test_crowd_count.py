"""Counts of a crowd, from the network to those who track with it."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from mmmaml.apis import MOTInferencer
from mmmaml.registry import MODELS

from .small_model import counting_config, save_weights

IMAGES = list(np.random.default_rng(0).integers(0, 255, (4, 48, 80, 3), dtype=np.uint8))


@pytest.fixture
def make(tmp_path: Path):
    """``make()`` builds an inferencer whose network has always the same random weights."""
    config = counting_config()
    weights = save_weights(config, tmp_path / 'weights.pth')
    state = torch.load(weights)['state_dict']
    # Without training the density is almost nothing.
    state['detector.bbox_head.density_branch.2.weight'].normal_(generator=torch.manual_seed(0))
    torch.save({'state_dict': state}, weights)
    return lambda: MOTInferencer(counting_config(), weights)


def counts(frames: Any) -> list[float]:
    return [frame.tracks.crowd_count for frame in frames]


def test_the_count_of_a_frame_comes_with_its_tracks(make) -> None:
    inferencer = make()
    found = [inferencer.update(image).crowd_count for image in IMAGES]
    assert len(set(found)) == len(found)
    head = inferencer.model.detector.bbox_head
    # 48 x 80 pixels are 57.6 x 96 of the input, with 3 rows of padding above and below.
    densities = []
    forward = head.density
    head.density = lambda x: densities.append(forward(x)) or densities[-1]
    inferencer.reset()
    again = inferencer.update(IMAGES[0])
    assert again.crowd_count == pytest.approx(densities[0][0, 0].sum().item(), rel=1e-5)
    assert again.crowd_count == found[0] > 0


def test_streams_count_as_well(make) -> None:
    expected = [make().update(image).crowd_count for image in IMAGES]
    assert counts(make().stream(IMAGES)) == expected
    both = list(make().streams([IMAGES, IMAGES[::-1]]))
    assert counts(each for each in both if each.stream == 0) == expected
    assert counts(each for each in both if each.stream == 1) == expected[::-1]


def test_the_count_does_not_depend_on_the_state(make) -> None:
    first, second = make(), make()
    expected = counts(first.stream(IMAGES))
    second.load_state_dict(first.state_dict())
    assert second.update(IMAGES[0]).crowd_count == expected[0]


def test_nobody_counts_where_detections_are_given(make) -> None:
    inferencer = make()
    assert inferencer.update(IMAGES[0], np.array([[5, 5, 20, 40, 0.9]])).crowd_count is None
    assert inferencer.update(IMAGES[1]).crowd_count is not None


def test_other_models_do_not_count(make) -> None:
    config = counting_config()
    config.model.detector.bbox_head.type = 'OneShotHead'
    torch.manual_seed(0)
    assert MODELS.build(config.model) is not None
    assert MOTInferencer(config).update(IMAGES[0]).crowd_count is None
