"""Likelihoods of cosines, against normal distributions of SciPy and by hand."""

import numpy as np
import pytest
from scipy.stats import norm

from mmmaml.models.trackers.appearance.similarity_calibration import SimilarityCalibration

COSINES = np.linspace(-1, 1, 21)


def scene(alike, unlike, frames=400, people=12, memory=1e9):
    """A calibration that has seen people whose cosines have these means and deviations."""
    rng = np.random.default_rng(0)
    calibration = SimilarityCalibration(1.0, memory)
    for _ in range(frames):
        cosines = rng.normal(*unlike, (people, people))
        own = np.diag_indices(people)
        cosines[own] = rng.normal(*alike, people)
        calibration.observe(cosines, cosines[own])
    return calibration


@pytest.mark.parametrize(
    ('alike', 'unlike'), [((0.88, 0.02), (-0.09, 0.09)), ((0.5, 0.25), (0.3, 0.25))]
)
def test_it_is_the_posterior_of_two_normal_distributions(alike, unlike):
    deviation = np.sqrt((alike[1] ** 2 + unlike[1] ** 2) / 2)
    one, two = (norm.pdf(COSINES, mean, deviation) for mean in (alike[0], unlike[0]))
    got = scene(alike, unlike).likelihood(COSINES)
    np.testing.assert_allclose(got, one / (one + two), atol=0.03)


def test_the_same_cosine_says_different_things_in_different_scenes():
    clear, dark = scene((0.88, 0.02), (0.0, 0.1)), scene((0.4, 0.2), (-0.1, 0.1))
    assert clear.likelihood(np.array(0.3)) < 0.01
    assert dark.likelihood(np.array(0.3)) > 0.9


def test_the_temperature_divides_the_ratio():
    cool = scene((0.6, 0.2), (0.0, 0.2))
    before = cool.likelihood(COSINES)
    cool.temperature = 4.0
    after = cool.likelihood(COSINES)
    np.testing.assert_allclose(np.log(before / (1 - before)) / 4, np.log(after / (1 - after)))


def test_expectations_before_anything_was_seen():
    calibration = SimilarityCalibration(1.0, 1000.0)
    variance = (0.15**2 + 0.25**2) / 2
    expected = 0.75 / variance * (0.5 - 0.375)
    got = calibration.likelihood(np.array([0.375, 0.5]))
    np.testing.assert_allclose(got, [0.5, 1 / (1 + np.exp(-expected))])


def test_old_pairs_fade():
    calibration = scene((0.9, 0.05), (0.0, 0.05), memory=200.0)
    for _ in range(300):  # 3600 pairs later nothing is left of them
        cosines = np.full((12, 12), 0.2)
        cosines[np.diag_indices(12)] = 0.6
        calibration.observe(cosines, np.full(12, 0.6))
    np.testing.assert_allclose(calibration.likelihood(np.array(0.4)), 0.5, atol=0.02)
    calibration.reset()
    assert calibration.likelihood(np.array(0.375)) == pytest.approx(0.5)


@pytest.mark.parametrize('value', [0.0, 1.0])
def test_features_that_never_differ_say_nothing(value):
    calibration = SimilarityCalibration(5.0, 1000.0)
    for _ in range(2000):
        calibration.observe(np.full((4, 4), value), np.full(4, value))
    assert calibration.likelihood(np.array(value)) == pytest.approx(0.5, abs=0.01)
    got = calibration.likelihood(COSINES)
    assert np.isfinite(got).all()
    assert (np.diff(got) >= 0).all()


def test_frames_that_teach_nothing():
    calibration = SimilarityCalibration(5.0, 1000.0)
    before = calibration.likelihood(COSINES)
    calibration.observe(np.zeros((0, 0)), np.zeros(0))  # nobody was compared
    calibration.observe(np.full((2, 3), 0.4), np.zeros(0))  # nobody was matched
    np.testing.assert_array_equal(calibration.likelihood(COSINES), before)
    # Someone alone shows how alike one person's features are, and nothing of two.
    calibration.observe(np.array([[0.4]]), np.array([0.4]))
    alike = np.array([0.6] * 10 + [0.9] * 10 + [0.4])
    unlike = np.array([-0.25, 0.25])
    slope = (alike.mean() - unlike.mean()) / ((alike.var() + unlike.var()) / 2) / 5
    exponent = slope * (COSINES - (alike.mean() + unlike.mean()) / 2)
    np.testing.assert_allclose(calibration.likelihood(COSINES), 1 / (1 + np.exp(-exponent)))
