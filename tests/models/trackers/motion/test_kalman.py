import numpy as np
import pytest
from mmdet.models.task_modules.tracking import KalmanFilter

from mmmaml.models.trackers.motion import kalman


def full_covariance(state):
    """The (8, 8) covariance that a (5, 4) state stands for."""
    cross = np.diag(state[kalman.COVARIANCE])
    return np.block(
        [
            [np.diag(state[kalman.VAR_POSITION]), cross],
            [cross, np.diag(state[kalman.VAR_VELOCITY])],
        ]
    )


def assert_same(states, means, covariances):
    for state, mean, covariance in zip(states, means, covariances, strict=True):
        ours = np.concatenate([state[kalman.POSITION], state[kalman.VELOCITY]])
        np.testing.assert_allclose(ours, mean, rtol=1e-9, atol=1e-9)
        np.testing.assert_allclose(full_covariance(state), covariance, rtol=1e-9, atol=1e-12)


@pytest.fixture
def walks():
    """(20 frames, 7 people, 4) measurements."""
    rng = np.random.default_rng(0)
    start = np.c_[rng.uniform(0, 900, (7, 2)), rng.uniform(0.3, 0.6, 7), rng.uniform(30, 300, 7)]
    speed = np.c_[rng.normal(0, 4, (7, 2)), np.zeros(7), rng.normal(0, 0.5, 7)]
    noise = rng.normal(size=(20, 7, 4)) * [2, 2, 0.02, 3]
    return start + np.arange(20)[:, None, None] * speed + noise


def all_distances(states, measured):
    """Of each state to each measurement."""
    pairs = np.repeat(states, len(measured), axis=0), np.tile(measured, (len(states), 1))
    return kalman.gating_distance(*pairs).reshape(len(states), len(measured))


def test_twenty_frames_equal_mmdets_filter(walks):
    reference = KalmanFilter()
    states = kalman.initiate(walks[0])
    means, covariances = map(list, zip(*map(reference.initiate, walks[0]), strict=True))
    assert_same(states, means, covariances)
    for measured in walks[1:]:
        states = kalman.predict(states)
        for i in range(7):
            means[i], covariances[i] = reference.predict(means[i], covariances[i])
        assert_same(states, means, covariances)
        distances = [
            reference.gating_distance(mean, covariance, measured)
            for mean, covariance in zip(means, covariances, strict=True)
        ]
        np.testing.assert_allclose(all_distances(states, measured), distances, rtol=1e-9)
        states = kalman.update(states, measured)
        for i in range(7):
            means[i], covariances[i] = reference.update(means[i], covariances[i], measured[i])
        assert_same(states, means, covariances)


@pytest.mark.parametrize('frames', [1, 2, 5, 60])
def test_a_gap_equals_that_many_single_predictions(walks, frames):
    states = kalman.initiate(walks[0])
    for measured in walks[1:10]:
        states = kalman.update(kalman.predict(states), measured)
    states[:, kalman.VELOCITY, kalman.HEIGHT] = 0  # the noise of a step is that of its beginning
    reference = KalmanFilter()
    means = [np.concatenate([s[kalman.POSITION], s[kalman.VELOCITY]]) for s in states]
    covariances = [full_covariance(s) for s in states]
    for _ in range(frames):
        for i in range(7):
            means[i], covariances[i] = reference.predict(means[i], covariances[i])
    assert_same(kalman.predict(states, frames), means, covariances)


def test_noise_grows_with_the_length_of_a_frame():
    measured = np.array([[50.0, 60, 0.5, 160]])
    first = kalman.initiate(measured, pace=4)[0]
    # 160/20 pixels of place are the detector's, 10 * 160/160 of speed a frame the person's.
    np.testing.assert_allclose(first[kalman.VAR_POSITION], [16**2, 16**2, 1e-4, 16**2])
    np.testing.assert_allclose(first[kalman.VAR_VELOCITY, [0, 1, 3]], 40**2)
    assert first[kalman.VAR_VELOCITY, 2] == pytest.approx((4e-5) ** 2)
    later = kalman.predict(first[None], pace=4)[0]
    growth = 4**0.75  # of the variances, 8**2 of place and 1 of speed
    expected = 16**2 + 40**2 + growth * 8**2
    np.testing.assert_allclose(later[kalman.VAR_POSITION, [0, 1, 3]], expected)
    np.testing.assert_allclose(later[kalman.VAR_VELOCITY, [0, 1, 3]], 40**2 + growth)
    np.testing.assert_allclose(later[kalman.COVARIANCE, [0, 1, 3]], 40**2)


def test_gate_is_mmdets():
    assert KalmanFilter().gating_threshold == kalman.CHI2_95_4DOF


def test_a_measurement_where_it_was_predicted_is_at_distance_zero(walks):
    states = kalman.predict(kalman.initiate(walks[0]))
    distance = all_distances(states, states[:, kalman.POSITION])
    np.testing.assert_array_equal(np.diag(distance), 0)
    assert (distance[~np.eye(7, dtype=bool)] > 0).all()


def test_boxes_survive_the_round_trip():
    boxes = np.array([[10.0, 20, 50, 120], [-5, 0, 1, 2]])
    measured = kalman.boxes_to_cxcyah(boxes)
    np.testing.assert_allclose(measured, [[30, 70, 0.4, 100], [-2, 1, 3, 2]])
    np.testing.assert_allclose(kalman.predicted_boxes(kalman.initiate(measured)), boxes)


def test_pairs_in_reach_are_those_near_enough_in_x_and_hold_all_within_the_gate(walks):
    states = kalman.predict(kalman.initiate(walks[0]))
    measured = np.concatenate([walks[3], walks[0] + [0, 500, 0, 0], walks[1] + [31.0, 0, 0, 0]])
    pairs = [
        (int(row), int(column))
        for row, column in np.transpose(kalman.pairs_in_reach(states, measured))
    ]
    variance = kalman.innovation_variance(states)[:, 0]
    squared = (measured[:, 0] - states[:, 0, [0]]) ** 2 / variance[:, None]
    assert sorted(pairs) == [tuple(each) for each in np.argwhere(squared <= kalman.CHI2_95_4DOF)]
    within = np.argwhere(all_distances(states, measured) <= kalman.CHI2_95_4DOF)
    assert len(within) > 3
    assert {tuple(each) for each in within} < set(pairs)
    assert len(pairs) < squared.size


def test_nobody_there():
    states = kalman.initiate(np.zeros((0, 4)))
    assert states.shape == (0, 5, 4)
    assert kalman.predict(states, 3).shape == (0, 5, 4)
    assert kalman.update(states, np.zeros((0, 4))).shape == (0, 5, 4)
    assert kalman.gating_distance(states, np.zeros((0, 4))).shape == (0,)
    assert kalman.predicted_boxes(states).shape == (0, 4)
    assert [len(each) for each in kalman.pairs_in_reach(states, np.ones((3, 4)))] == [0, 0]


def test_inputs_are_left_alone(walks):
    states = kalman.initiate(walks[0])
    before = states.copy()
    kalman.predict(states, 2)
    kalman.update(states, walks[1])
    np.testing.assert_array_equal(states, before)
