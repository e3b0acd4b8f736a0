import numpy as np

from mmmaml.models.trackers.tracks.track_state import TrackState


def test_empty():
    state = TrackState.empty()
    assert len(state) == 0
    assert state.capacity == 0
    assert len(state.select(confirmed=True)) == len(state.select(confirmed=False)) == 0
    assert len(state.add(0)) == 0
    assert state.capacity == 0


def test_rows_of_the_gone_are_used_again():
    state = TrackState.empty()
    first = state.add(16)
    assert first.tolist() == list(range(16))
    assert state.capacity == 16
    state.drop(np.array([3, 7]))
    assert len(state) == 14
    assert state.add(2).tolist() == [3, 7]
    assert state.capacity == 16


def test_growing_keeps_what_is_there():
    state = TrackState.empty()
    rows = state.add(16)
    state.ids[rows] = np.arange(16) + 100
    state.boxes[rows] = np.arange(64).reshape(16, 4)
    state.confirmed[rows[::2]] = True
    more = state.add(5)
    assert state.capacity == 32
    assert len(state) == 21
    assert not set(more) & set(rows)
    np.testing.assert_array_equal(state.ids[rows], np.arange(16) + 100)
    np.testing.assert_array_equal(state.boxes[rows].ravel(), np.arange(64))
    assert state.select(confirmed=True).tolist() == rows[::2].tolist()
    assert {len(getattr(state, name)) for name in vars(state)} == {32}


def test_the_dead_are_in_no_list():
    state = TrackState.empty()
    rows = state.add(4)
    state.confirmed[rows] = True
    state.drop(rows[:2])
    assert state.select(confirmed=True).tolist() == [2, 3]
    assert len(state.select(confirmed=False)) == 0
