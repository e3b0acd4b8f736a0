import numpy as np
import pytest

from mmmaml.visualization.drawing.trails import TrailBuffer, Trails, foot_points


def box(x: float, y: float) -> np.ndarray:
    """A box whose foot point is (x, y)."""
    return np.array([[x - 5, y - 20, x + 5, y]])


def test_foot_point_is_the_middle_of_the_lower_edge():
    np.testing.assert_array_equal(foot_points(np.array([[10, 20, 30, 80.0]])), [[20, 80]])


def test_lines_follow_each_track_in_order_of_time():
    trails = Trails(
        ids=np.array([2, 1, 2, 1, 3]),
        frames=np.array([4, 4, 3, 3, 4]),
        points=np.array([[24, 0], [14, 0], [23, 0], [13, 0], [0, 0.0]]),
    )
    lines = dict(trails.lines(np.array([1, 2, 3])))
    assert sorted(lines) == [1, 2]  # track 3 has only one point
    np.testing.assert_array_equal(lines[1][:, 0], [13, 14])
    np.testing.assert_array_equal(lines[2][:, 0], [23, 24])
    assert [track for track, _ in trails.lines(np.array([2]))] == [2]
    assert trails.lines(np.array([], dtype=int)) == []


@pytest.mark.parametrize(('gap', 'pieces'), [(5, 1), (6, 2)])
def test_absence_longer_than_the_gap_breaks_the_line(gap, pieces):
    frames = np.array([1, 2, 2 + gap, 3 + gap])
    trails = Trails(np.full(4, 9), frames, np.arange(8.0).reshape(4, 2))
    assert len(trails.lines(np.array([9]), max_gap=5)) == pieces


def test_points_that_are_not_finite_are_left_out():
    points = np.array([[1, 1], [np.nan, 1], [3, 3.0]])
    ((_, line),) = Trails(np.full(3, 9), np.arange(3), points).lines(np.array([9]))
    np.testing.assert_array_equal(line, points[[0, 2]])


def test_buffer_reaches_back_as_far_as_it_is_long():
    buffer = TrailBuffer(3)
    for frame in range(10):
        trails = buffer.add(frame, np.array([1]), box(frame, 50))
    np.testing.assert_array_equal(trails.frames, [6, 7, 8, 9])
    np.testing.assert_array_equal(trails.points[:, 0], [6, 7, 8, 9])
    trails = buffer.add(100, np.array([], dtype=int), np.zeros((0, 4)))
    assert len(trails.ids) == 0


def test_reset_forgets():
    buffer = TrailBuffer(3)
    buffer.add(0, np.array([1]), box(0, 0))
    buffer.reset()
    assert buffer.last_frame == -1
    assert len(buffer.add(0, np.array([1]), box(1, 1)).ids) == 1


def test_negative_length_is_refused():
    with pytest.raises(ValueError, match='at least 0 frames, got -1'):
        TrailBuffer(-1)
