"""Filters of width and height, and a camera that moves, against full 8-dimensional ones."""

import numpy as np
import pytest

from mmmaml.models.trackers.motion import kalman
from mmmaml.models.trackers.motion.box_models import BOX_MODELS

from .test_kalman import assert_same, full_covariance

WIDTH_HEIGHT = BOX_MODELS['cxcywh']


class DenseFilter:
    """The Kalman filter of BoT-SORT by its matrices, one track at a time."""

    transition = np.eye(8) + np.eye(8, k=4)
    observe = np.eye(4, 8)

    def noise(self, mean: np.ndarray, share: float) -> np.ndarray:
        return (share * mean[[2, 3, 2, 3]]) ** 2

    def initiate(self, measured):
        spread = [self.noise(measured, 2 / 20), self.noise(measured, 10 / 160)]
        return np.r_[measured, np.zeros(4)], np.diag(np.concatenate(spread))

    def predict(self, mean, covariance):
        noise = np.diag(np.r_[self.noise(mean, 1 / 20), self.noise(mean, 1 / 160)])
        return self.transition @ mean, self.transition @ covariance @ self.transition.T + noise

    def update(self, mean, covariance, measured):
        seen = self.observe @ covariance @ self.observe.T + np.diag(self.noise(mean, 1 / 20))
        gain = covariance @ self.observe.T @ np.linalg.inv(seen)
        new = mean + gain @ (measured - self.observe @ mean)
        return new, covariance - gain @ seen @ gain.T


@pytest.fixture
def walks():
    """(12 frames, 5 people, 4) boxes xyxy."""
    rng = np.random.default_rng(0)
    centre = rng.uniform(100, 900, (5, 2)) + np.arange(12)[:, None, None] * rng.normal(
        0, 4, (5, 2)
    )
    size = np.array([30.0, 80]) * rng.uniform(0.5, 2, (5, 1)) + rng.normal(0, 2, (12, 5, 2))
    return np.concatenate([centre - size / 2, centre + size / 2], axis=2)


def filtered(walks, model):
    states = kalman.initiate(model.measure(walks[0]), model)
    for boxes in walks[1:]:
        states = kalman.predict(states, model=model)
        states = kalman.update(states, model.measure(boxes), model)
    return states


def test_filter_of_width_and_height_equals_its_matrices(walks):
    dense, model = DenseFilter(), WIDTH_HEIGHT
    states = kalman.initiate(model.measure(walks[0]), model)
    means, covariances = zip(*map(dense.initiate, model.measure(walks[0])), strict=True)
    for boxes in walks[1:]:
        measured = model.measure(boxes)
        states = kalman.predict(states, model=model)
        predicted = list(map(dense.predict, means, covariances))
        assert_same(states, *zip(*predicted, strict=True))
        states = kalman.update(states, measured, model)
        updated = [dense.update(*each, new) for each, new in zip(predicted, measured, strict=True)]
        means, covariances = zip(*updated, strict=True)
        assert_same(states, means, covariances)


def test_gate_of_width_and_height_equals_its_matrices(walks):
    dense, model = DenseFilter(), WIDTH_HEIGHT
    states = filtered(walks, model)
    measured = model.measure(walks[0])
    for state in states:
        pairs = np.repeat(state[None], len(measured), axis=0), measured
        row = kalman.gating_distance(*pairs, model)
        mean, covariance = state[kalman.POSITION], full_covariance(state)[:4, :4]
        inverse = np.linalg.inv(covariance + np.diag(dense.noise(mean, 1 / 20)))
        expected = [(new - mean) @ inverse @ (new - mean) for new in measured]
        np.testing.assert_allclose(row, expected)


@pytest.mark.parametrize('name', BOX_MODELS)
def test_boxes_survive_the_round_trip(name):
    model, boxes = BOX_MODELS[name], np.array([[10.0, 20, 50, 120], [-5, 0, 1, 2]])
    np.testing.assert_allclose(model.boxes(model.measure(boxes)), boxes)
    assert model.measure(boxes[:0]).shape == (0, 4)


# ---- a camera that moves


def similarity(degrees, scale, shift):
    angle = np.deg2rad(degrees)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    return np.c_[scale * turn, shift]


def dense_warp(state, transform, size):
    """Mean (8,) and covariance (8, 8) under the full linear map; ``size`` is that of w and h."""
    block = np.zeros((4, 4))
    block[:2, :2], block[2:, 2:] = transform[:, :2], np.diag(size)
    full = np.kron(np.eye(2), block)
    mean = full @ np.concatenate([state[kalman.POSITION], state[kalman.VELOCITY]])
    mean[:2] += transform[:, 2]
    return mean, full @ full_covariance(state) @ full.T


def test_aspect_ratio_filters_are_exact_under_shift_rotation_and_zoom(walks):
    model, transform = BOX_MODELS['cxcyah'], similarity(25, 1.3, (40, -15))
    states = filtered(walks, model)
    expected = [dense_warp(state, transform, (1, 1.3)) for state in states]
    assert_same(kalman.warp(states, transform, model), *zip(*expected, strict=True))


def test_width_height_filters_are_exact_under_shift_and_zoom(walks):
    transform = similarity(0, 0.8, (40, -15))
    states = filtered(walks, WIDTH_HEIGHT)
    expected = [dense_warp(state, transform, (0.8, 0.8)) for state in states]
    assert_same(kalman.warp(states, transform, WIDTH_HEIGHT), *zip(*expected, strict=True))


def test_width_height_filters_lose_only_the_correlation_under_rotation(walks):
    transform = similarity(25, 1.3, (40, -15))
    states = filtered(walks, WIDTH_HEIGHT)
    for state, new in zip(states, kalman.warp(states, transform, WIDTH_HEIGHT), strict=True):
        mean, covariance = dense_warp(state, transform, (1.3, 1.3))
        assert abs(covariance[0, 1]) > 1e-3
        np.testing.assert_allclose(new[: kalman.VAR_POSITION].ravel(), mean)
        kept = full_covariance(new) != 0
        np.testing.assert_allclose(full_covariance(new)[kept], covariance[kept])


def test_a_camera_at_rest_changes_nothing(walks):
    states = filtered(walks, WIDTH_HEIGHT)
    np.testing.assert_array_equal(kalman.warp(states, np.eye(2, 3), WIDTH_HEIGHT), states)
    np.testing.assert_allclose(kalman.warp_boxes(walks[0], np.eye(2, 3)), walks[0])
    assert kalman.warp(states[:0], np.eye(2, 3)).shape == (0, 5, 4)


def test_boxes_turn_about_the_origin_and_stay_upright():
    new = kalman.warp_boxes(np.array([[10.0, 0, 30, 40]]), similarity(90, 2, (100, 0)))
    np.testing.assert_allclose(new, [[100 - 40 - 20, 40 - 40, 100 - 40 + 20, 40 + 40]], atol=1e-9)
