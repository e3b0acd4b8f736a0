import numpy as np
import pytest
import torch

from mmmaml.models.trackers.appearance.gallery import Gallery
from mmmaml.models.trackers.appearance.memory import AppearanceMemory


def memory(momentum=0.9, rows=4, gallery=None):
    made = AppearanceMemory(2, momentum, torch.zeros(0, dtype=torch.float64), gallery=gallery)
    made.reserve(rows)
    return made


def observe(made, slot, feature, weight, frame):
    made.update(
        np.array([slot]),
        torch.tensor([feature], dtype=torch.float64),
        np.array([weight]),
        frame,
    )


def test_the_mean_of_the_first_observations_is_weighted_exactly():
    made = memory(momentum=0.99)
    rng = np.random.default_rng(0)
    feats, weights = rng.normal(size=(8, 2)), rng.uniform(0.1, 1, 8)
    for frame, (feature, weight) in enumerate(zip(feats, weights, strict=True)):
        observe(made, 1, feature.tolist(), weight, frame)
    expected = np.average(feats, axis=0, weights=weights)
    np.testing.assert_allclose(made.mean[1], expected, rtol=1e-12)
    assert made.weight[1] == pytest.approx(weights.sum())


def test_later_it_is_an_exponential_average():
    made = memory(momentum=0.5)
    for frame in range(10):
        observe(made, 0, [0.0, 0.0], 1.0, frame)
    observe(made, 0, [1.0, 0.0], 1.0, 10)
    assert made.mean[0, 0] == pytest.approx(0.5)
    observe(made, 0, [1.0, 0.0], 0.5, 11)
    assert made.mean[0, 0] == pytest.approx(0.5 + 0.25 * 0.5)


def test_a_row_used_again_knows_nothing_of_its_last_track():
    made = memory(gallery=Gallery(size=3, interval=1.0))
    for frame in range(5):
        observe(made, 1, [5.0, 5.0], 1.0, frame)
    made.clear(np.array([1]))
    assert not made.known(np.arange(4)).any()
    observe(made, 1, [1.0, 2.0], 0.3, 5)
    assert made.mean[1].tolist() == [1, 2]
    assert made.known(np.arange(4)).tolist() == [False, True, False, False]
    feats, count = made.gallery.rows(np.array([1]))
    assert count.tolist() == [1]
    assert feats[0, 0].tolist() == [1, 2]


def test_several_tracks_at_once_and_no_track():
    made = memory()
    made.update(np.array([3, 0]), torch.eye(2, dtype=torch.float64), np.array([1.0, 0.5]), 0)
    assert made.mean[3].tolist() == [1, 0]
    assert made.mean[0].tolist() == [0, 1]
    assert made.known(np.arange(4)).tolist() == [True, False, False, True]
    made.update(np.zeros(0, np.int64), torch.zeros(0, 2, dtype=torch.float64), np.zeros(0), 1)
    assert made.weight.tolist() == [0.5, 0, 0, 1]


def test_more_rows_keep_the_old():
    made = memory(gallery=Gallery(size=3, interval=1.0))
    observe(made, 3, [1.0, 2.0], 1.0, 0)
    made.reserve(9)
    made.reserve(2)
    assert made.mean.shape == (9, 2)
    assert made.gallery.feats.shape == (9, 3, 2)
    assert made.mean[3].tolist() == [1, 2]
    assert np.flatnonzero(made.known(np.arange(9))).tolist() == [3]
    assert made.gallery.count.tolist() == [0, 0, 0, 1, 0, 0, 0, 0, 0]
