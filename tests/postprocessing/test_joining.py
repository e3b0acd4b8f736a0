"""Stories of tracks that are split and joined after the video."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from mmmaml.postprocessing import JoinOptions, OfflineTracks, TrackPieces, join_pieces
from mmmaml.postprocessing.offline_tracks import gather_rows

CHANNELS, RATE = 6, 10.0
NOISE = np.random.default_rng(3).normal(0, 0.05, (2000, CHANNELS))


def look(person: int, number: int) -> np.ndarray:
    """Feature of a person: a direction of its own, and noise."""
    return np.eye(CHANNELS)[person] + 0.5 + NOISE[(997 * person + number) % len(NOISE)]


class Video:
    """Rows and features of people at places, tracked under some id."""

    def __init__(self) -> None:
        self.rows: list[list[float]] = []
        self.feats: list[np.ndarray] = []
        self.people: list[int] = []

    def walk(self, person: int, track: int, frames: range, left: float, speed: float = 0) -> None:
        for number, frame in enumerate(frames):
            self.rows.append([frame, track, left + speed * number, 50, 20, 50, 0.9])
            self.feats.append(look(person, frame))
            self.people.append(person)

    def bystanders(self, last: int) -> 'Video':
        """People who stand apart, so that the scene has a common part and a metric."""
        for person in (3, 4, 5):
            self.walk(person, 10 + person, range(1, last + 1), 1000 + 200 * person)
        return self

    def ids(self, **join: object) -> np.ndarray:
        rows = np.array(self.rows)
        offline = OfflineTracks(RATE, join=join)
        gather_rows(offline, rows, np.array(self.feats))
        rows = np.column_stack([rows, np.arange(len(rows))])
        improved = offline.finish(rows)
        return improved[np.argsort(improved[:, 7]), 1].astype(int)

    def ids_of(self, person: int, **join: object) -> set[int]:
        return set(self.ids(**join)[np.array(self.people) == person].tolist())


def lost_and_found(seconds: float = 1.0, away: float = 0.0) -> Video:
    """Person 0 is track 1 for three seconds, then track 2 after some absence, elsewhere."""
    video = Video()
    back = 31 + round(seconds * RATE)
    video.walk(0, 1, range(1, 31), 100)
    video.walk(0, 2, range(back, back + 30), 100 + away)
    return video.bystanders(back + 30)


def test_person_with_two_tracks_is_joined():
    assert lost_and_found().ids_of(0) == {1}


def test_absence_beyond_the_longest_is_not_joined():
    assert lost_and_found(4.0).ids_of(0) == {1, 2}
    assert lost_and_found(4.0).ids_of(0, max_gap_seconds=5.0) == {1}


def test_nobody_is_joined_who_walked_too_fast():
    assert lost_and_found(away=900).ids_of(0) == {1, 2}
    assert lost_and_found(away=900).ids_of(0, max_speed=20) == {1}


def test_unlike_people_stay_apart():
    video = Video()
    video.walk(0, 1, range(1, 31), 100)
    video.walk(1, 2, range(41, 71), 100)
    ids = video.bystanders(71)
    assert ids.ids_of(0) == {1}
    assert ids.ids_of(1) == {2}


def test_people_of_one_moment_stay_apart_however_alike():
    video = Video()
    video.walk(0, 1, range(1, 31), 100)
    video.walk(0, 2, range(30, 61), 300)
    assert video.bystanders(60).ids_of(0) == {1, 2}


def test_swapped_tracks_are_split_and_joined_the_right_way():
    """Two people cross; the tracker swaps them while their boxes overlap."""
    video = Video()
    video.walk(0, 1, range(1, 31), 0, speed=4)
    video.walk(1, 2, range(1, 31), 240, speed=-4)
    video.walk(0, 2, range(31, 61), 120, speed=4)
    video.walk(1, 1, range(31, 61), 120, speed=-4)
    video.bystanders(60)
    ids, people, frames = video.ids(), np.array(video.people), np.array(video.rows)[:, 0]
    for person in (0, 1):
        apart = (people == person) & ((frames < 25) | (frames > 36))
        assert len(set(ids[apart])) == 1


def test_long_absence_within_a_track_is_believed_unless_told_otherwise():
    video = Video()
    video.walk(0, 1, range(1, 31), 100)
    video.walk(0, 1, range(131, 161), 100)
    video.bystanders(160)
    assert video.ids_of(0) == {1}
    assert len(video.ids_of(0, max_track_gap_seconds=3.0)) == 2


def test_without_features_tracks_stay_as_they_are():
    rows = np.array(lost_and_found().rows)
    offline = OfflineTracks(RATE, join={})
    gather_rows(offline, rows)
    assert_array_equal(offline.finish(rows), rows)


def test_classes_are_not_mixed():
    gathered = TrackPieces(RATE)
    for frame in range(1, 31):
        track = np.array([1 if frame < 15 else 2])
        feat, box = look(0, frame)[None], np.array([[9.0, 9, 20, 50]])
        gathered.add(frame, track, box, feat, np.array([0 if frame < 15 else 1]))
    assert join_pieces(gathered.finish(), RATE).tolist() == [1, 2]


def test_no_tracks():
    assert join_pieces(TrackPieces(RATE).finish(), RATE).shape == (0,)
    assert OfflineTracks(RATE, join={}, interpolate={}).finish(np.zeros((0, 7))).shape == (0, 7)


def test_pieces_know_their_mean_feature_and_boxes():
    gathered = TrackPieces(RATE)
    feats = np.stack([look(0, n) for n in range(3)])
    for frame, feat in enumerate(feats, start=1):
        box = np.array([[10.0 * frame, 5, 20, 40]])
        gathered.add(frame, np.array([7]), box, feat[None])
    gathered.add(12, np.array([7]), np.array([[9.0, 9, 9, 9]]), np.zeros((1, CHANNELS)))
    pieces = gathered.finish()
    assert pieces.track.tolist() == [7, 7]
    assert pieces.first.tolist() == [1, 12]
    assert pieces.last.tolist() == [3, 12]
    assert_allclose(pieces.start, [[10, 5, 20, 40], [9, 9, 9, 9]])
    assert_allclose(pieces.end, [[30, 5, 20, 40], [9, 9, 9, 9]])
    assert_allclose(pieces.weight, [3, 0])  # a feature of zeros is none
    assert pieces.of_rows(np.array([2, 12]), np.array([7, 7])).tolist() == [0, 1]
    with pytest.raises(ValueError, match='frame 1, track 8'):
        pieces.of_rows(np.array([1]), np.array([8]))


@pytest.mark.parametrize(
    ('options', 'message'),
    [({'sim_thr': 2}, 'sim_thr=2'), ({'max_gap_seconds': -1}, 'max_gap_seconds=-1')],
)
def test_bad_options_are_refused(options: dict, message: str):
    with pytest.raises(ValueError, match=message):
        JoinOptions(**options)


@settings(max_examples=40, deadline=None)
@given(st.randoms(use_true_random=False), st.floats(-1, 1), st.floats(0, 0.5))
def test_nobody_is_in_two_places_and_nothing_is_lost(random, sim_thr: float, bonus: float):
    video = Video()
    for track in range(1, 8):
        start = random.randint(1, 40)
        left, speed = random.randint(0, 300), random.randint(-4, 4)
        video.walk(random.randint(0, 5), track, range(start, start + 20), left, speed)
    ids = video.ids(sim_thr=sim_thr, track_bonus=bonus, max_gap_seconds=20.0)
    frames = np.array(video.rows)[:, 0].astype(int)
    assert len(set(zip(frames.tolist(), ids.tolist(), strict=True))) == len(video.rows)
    assert (ids > 0).all()


def test_half_floats_join_as_floats_do():
    video = lost_and_found()
    expected = video.ids()
    video.feats = [(400 * each).astype(np.float16) for each in video.feats]  # squares overflow
    assert_array_equal(video.ids(), expected)


def test_without_appearance_the_tracker_is_believed_whatever_its_bonus():
    video = Video()
    for frames in (range(1, 10), range(30, 40)):
        video.walk(0, 1, frames, 100)
    video.feats = [np.zeros(CHANNELS)] * len(video.rows)
    assert set(video.ids(track_bonus=0)) == {1}


@pytest.mark.parametrize('frame_rate', [0, -1, np.inf, np.nan, True])
def test_frame_rates_that_cannot_be(frame_rate: float) -> None:
    with pytest.raises(ValueError, match=r'frame_rate=.* must be greater than 0'):
        OfflineTracks(frame_rate, join={})


def test_joining_without_features_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[str] = []
    monkeypatch.setattr(
        'mmmaml.postprocessing.offline_tracks.print_log', lambda text, **_: said.append(text)
    )
    rows = np.array([[1.0, 1, 10, 10, 20, 50, 0.9]])
    offline = OfflineTracks(25.0, join={})
    gather_rows(offline, rows)
    assert_array_equal(offline.finish(rows), rows)
    assert said == ['no tracks are joined: they have no features, which a Re-ID network gives']
