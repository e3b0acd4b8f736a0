"""Gaps of tracks, filled and smoothed."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from mmmaml.postprocessing import InterpolationOptions, interpolate_tracks


def row(frame: float, track: int, left: float, score: float = 0.9) -> list[float]:
    return [frame, track, left, 20, 30, 60, score]


def test_no_rows_stay_no_rows():
    assert interpolate_tracks(np.zeros((0, 7)), 25).shape == (0, 7)


def test_gap_is_filled_on_the_line_between_its_ends():
    rows = np.array([row(1, 4, 10, 0.8), row(5, 4, 50, 0.4), row(2, 6, 7)])
    filled = interpolate_tracks(rows, 4)
    assert_allclose(filled[filled[:, 1] == 4, 2], [10, 20, 30, 40, 50])
    assert_allclose(filled[filled[:, 1] == 4, 6], [0.8, 0.7, 0.6, 0.5, 0.4])
    assert_array_equal(filled[filled[:, 1] == 6], rows[2:])  # one box is a track too


def test_a_class_is_that_of_both_ends_in_every_gap():
    for label in range(80):
        rows = np.array([[*row(frame, 4, 10), label] for frame in (1, 7, 14, 24, 37)])
        filled = interpolate_tracks(rows, 25)
        assert len(filled) == 37
        assert_array_equal(filled[:, 7], label)


@pytest.mark.parametrize(('gap', 'boxes'), [(10, 11), (11, 2)])
def test_gap_of_exactly_the_longest_is_filled(gap: int, boxes: int):
    rows = np.array([row(1, 1, 0), row(1 + gap, 1, 30)])
    assert len(interpolate_tracks(rows, 10, InterpolationOptions(1.0))) == boxes


def test_id_twice_in_a_frame_is_refused():
    with pytest.raises(ValueError, match='id 3 occurs twice in frame 2'):
        interpolate_tracks(np.array([row(2, 3, 0), row(2, 3, 5)]), 25)


@pytest.mark.parametrize(
    ('options', 'message'),
    [({'max_gap_seconds': 0}, 'max_gap_seconds=0'), ({'smooth_seconds': -1}, 'at least 0')],
)
def test_bad_options_are_refused(options: dict, message: str):
    with pytest.raises(ValueError, match=message):
        InterpolationOptions(**options)


tracks = st.dictionaries(
    st.tuples(st.integers(1, 30), st.integers(1, 4)), st.integers(0, 500), max_size=40
).map(lambda boxes: np.array([row(*key, left) for key, left in boxes.items()]).reshape(-1, 7))


@given(tracks, st.integers(1, 12))
def test_against_numpy_interp(rows: np.ndarray, longest: int):
    filled = interpolate_tracks(rows, 1, InterpolationOptions(float(longest)))
    expected = []
    for track in np.unique(rows[:, 1]):
        own = rows[rows[:, 1] == track]
        own = own[np.argsort(own[:, 0])]
        for frame in np.arange(own[0, 0], own[-1, 0] + 1):
            after = np.searchsorted(own[:, 0], frame)
            if own[after, 0] == frame or own[after, 0] - own[after - 1, 0] <= longest:
                values = [np.interp(frame, own[:, 0], own[:, k]) for k in range(2, 7)]
                expected.append([frame, track, *values])
    wanted = np.array(sorted(expected)).reshape(-1, 7)
    assert_allclose(filled, wanted, atol=1e-9)


@given(tracks)
def test_twice_is_once(rows: np.ndarray):
    once = interpolate_tracks(rows, 5)
    assert_array_equal(interpolate_tracks(once, 5), once)


def test_smoothing_leaves_a_walk_at_constant_speed():
    rows = np.array([row(frame, 1, 3.0 * frame) for frame in range(1, 30)])
    smooth = interpolate_tracks(rows, 10, InterpolationOptions(smooth_seconds=0.3))
    assert_allclose(smooth, rows, atol=1e-8)


def test_smoothing_takes_jitter_away():
    rng = np.random.default_rng(0)
    rows = np.array([row(frame, 1, 3.0 * frame) for frame in range(1, 100)])
    shaken = rows.copy()
    shaken[:, 2] += rng.normal(0, 2, len(rows))
    smooth = interpolate_tracks(shaken, 10, InterpolationOptions(smooth_seconds=0.5))
    assert np.std(smooth[:, 2] - rows[:, 2]) < 0.6 * np.std(shaken[:, 2] - rows[:, 2])
