"""The life of tracks, told with matches made by hand."""

import pickle

import numpy as np
import pytest

from mmmaml.models.trackers.detections.detections import DetectionOptions, Detections
from mmmaml.models.trackers.motion import kalman
from mmmaml.models.trackers.motion.box_models import BOX_MODELS
from mmmaml.models.trackers.tracks.matches import Matches
from mmmaml.models.trackers.tracks.track_pool import LifeOptions, TrackPool

from ..stories import box

MODEL = BOX_MODELS['cxcyah']


def seen(boxes, scores=None, labels=None):
    scores = np.full(len(boxes), 0.9) if scores is None else np.array(scores)
    labels = np.zeros(len(boxes), dtype=int) if labels is None else np.array(labels)
    return Detections.select(
        np.array(boxes).reshape(-1, 4), scores, labels, DetectionOptions(), MODEL
    )


def pairs(detections, tracks=(), dets=(), reentered=()):
    tracks, dets, reentered = (np.array(each, dtype=int) for each in (tracks, dets, reentered))
    unmatched = np.setdiff1d(np.arange(len(detections)), dets)
    return Matches(tracks, dets, reentered, unmatched, *[np.zeros(0)] * 4)


def live(pool, frame, detections, **matched):
    """A frame of the pool; returns the tracks that start."""
    matches = pairs(detections, **matched)
    before = pickle.dumps(matches)
    pool.advance(frame)
    pool.update(matches, detections)
    started = pool.start(matches, detections)
    pool.remove_duplicates()
    pool.retire()
    assert pickle.dumps(matches) == before  # it is told, and does not answer
    return started


def pool_of(boxes=((100,), (300,)), **life):
    pool = TrackPool(LifeOptions(**life), MODEL, frame_rate=10)
    live(pool, 0, seen([box(*each) for each in boxes]))
    return pool


def test_strong_detections_of_nobody_start_tracks():
    pool = pool_of()
    assert pool.state.ids[pool.confirmed()].tolist() == [1, 2]
    started = live(
        pool, 1, seen([box(101), box(500), box(700)], [0.9, 0.69, 0.7]), tracks=[0], dets=[0]
    )
    assert started.dets.tolist() == [2]
    assert pool.tentative().tolist() == started.tracks.tolist() == [2]
    live(pool, 2, seen([box(701)]), tracks=[2], dets=[0])
    assert pool.state.ids[2] == 3


@pytest.mark.parametrize(
    ('max_init_iou', 'label', 'score', 'starts'),
    [
        (0.6, 0, 0.9, True),  # at the limit: 30/50
        (0.59, 0, 0.9, False),
        (0.59, 1, 0.9, True),  # another kind of thing
        (0.59, 0, 0.5, False),
    ],
)
def test_no_track_starts_over_a_box_of_another(max_init_iou, label, score, starts):
    pool = pool_of(max_init_iou=max_init_iou)
    # The first two overlap by 30 of 50 pixels of their width; the third by 30/50 with the second.
    boxes, scores = [box(100), box(110), box(120)], [0.9, 0.9, score]
    there = seen(boxes, scores, [0, label, label])
    started = live(pool, 1, there, tracks=[0], dets=[0])
    assert started.dets.tolist() == ([1, 2] if starts else [2] * (score >= 0.7))


@pytest.mark.parametrize(
    ('place', 'label', 'kept'),
    [
        (103, 0, [1]),  # 37/43 = 0.860 of the lost one: the new one is removed
        (104, 0, [1, 2]),  # 36/44 = 0.818
        (103, 1, [1, 2]),  # another kind of thing
    ],
)
def test_a_new_track_over_an_older_lost_one_is_removed(place, label, kept):
    pool = pool_of([(100,)], max_duplicate_iou=0.85, num_tentatives=1)
    live(pool, 1, seen([box(100)]), tracks=[0], dets=[0])
    there = seen([box(place)], labels=[label])
    live(pool, 2, there)
    assert pool.state.ids[pool.confirmed()].tolist() == kept


def test_a_lost_track_under_an_older_one_is_removed():
    pool = pool_of([(100,)], max_duplicate_iou=0.85, max_init_iou=1.0, num_tentatives=1)
    live(pool, 1, seen([box(100), box(103)]), tracks=[0], dets=[0])
    assert pool.state.ids[pool.confirmed()].tolist() == [1, 2]  # both seen
    live(pool, 2, seen([box(100)]), tracks=[0], dets=[0])
    assert pool.state.ids[pool.confirmed()].tolist() == [1]


@pytest.mark.parametrize(('changes', 'number'), [({}, 1), ({'max_duplicate_iou': 1.0}, 2)])
def test_of_two_tracks_of_one_age_the_lost_one_stays(changes, number):
    life = {'max_duplicate_iou': 0.85, 'num_tentatives': 1, **changes}
    pool = pool_of([(100,)], **life)
    live(pool, 1, seen([box(100)]))
    assert pool.state.ids[pool.confirmed()].tolist() == [*range(1, number + 1)]


def test_a_track_whose_motion_is_not_trusted_any_more_is_no_duplicate():
    for recent_seconds, kept in ((0.4, [1]), (0.3, [1, 2])):
        life = {'max_duplicate_iou': 0.85, 'recent_seconds': recent_seconds, 'num_tentatives': 1}
        pool = pool_of([(100,)], **life)
        for frame in (1, 2, 3):
            live(pool, frame, seen([]))
        live(pool, 4, seen([box(100)]))
        assert pool.state.ids[pool.confirmed()].tolist() == kept


def test_people_start_as_fast_in_a_second_at_every_frame_rate():
    for rate in (5, 30):
        pool = TrackPool(LifeOptions(), MODEL, rate)
        live(pool, 0, seen([box(100)]))
        deviation = pool.state.motion[0, kalman.VAR_VELOCITY, 0] ** 0.5
        # 10 * 100 / 160 pixels a frame at 30 frames per second.
        assert deviation * rate == pytest.approx(6.25 * 30)


def test_noise_per_frame_is_that_of_30_frames_per_second():
    motion = []
    for rate, per_second in ((5, False), (30, True)):
        pool = TrackPool(LifeOptions(), MODEL, rate, noise_per_second=per_second)
        live(pool, 0, seen([box(100)]))
        pool.advance(1)
        motion.append(pool.state.motion[0])
    np.testing.assert_array_equal(*motion)


def test_a_tentative_track_ends_when_it_is_not_seen():
    pool = pool_of()
    live(pool, 1, seen([box(700)]))
    live(pool, 2, seen([]))
    assert len(pool.tentative()) == 0
    assert pool.confirmed().tolist() == [0, 1]


def test_reentry_starts_motion_anew():
    pool = pool_of()
    for frame in range(1, 6):
        live(pool, frame, seen([box(100 + 10 * frame)]), tracks=[0], dets=[0])
    assert pool.state.motion[0, kalman.VELOCITY, 0] > 5
    there = seen([box(600)])
    live(pool, 6, there, tracks=[0], dets=[0], reentered=[0])
    # At 10 frames per second the first speed may be three times as large as at 30.
    expected = kalman.initiate(there.measured, pace=3)
    np.testing.assert_array_equal(pool.state.motion[0], expected[0])


def test_time_since_tracks_were_seen():
    pool = pool_of(recent_seconds=0.2)
    for frame in (1, 2):
        live(pool, frame, seen([box(300)]), tracks=[1], dets=[0])
    pool.advance(3)
    np.testing.assert_allclose(pool.seconds_lost(np.array([0, 1])), [0.3, 0.1])
    assert pool.just_seen(np.array([0, 1])).tolist() == [False, True]
    assert pool.recent().tolist() == [1]
    np.testing.assert_allclose(pool.predicted_boxes(np.array([1])), [box(300)], atol=1e-6)


def test_an_id_is_given_once():
    pool = pool_of(num_tentatives=1, lost_seconds=0)
    live(pool, 1, seen([]))
    assert len(pool.state) == 0
    live(pool, 2, seen([box(100)]))
    assert pool.state.ids[pool.confirmed()].tolist() == [3]


@pytest.mark.parametrize(('number', 'kept'), [(0, []), (1, [1]), (5, [1, 2])])
def test_the_lost_are_bounded(number, kept):
    pool = pool_of(max_lost=number)
    live(pool, 1, seen([]))
    assert pool.state.ids[pool.confirmed()].tolist() == kept
