"""Matching reads tracks and appearance, and gives data."""

import dataclasses
import pickle

import numpy as np
import pytest
import torch

from mmmaml.models.trackers import OnlineMetaTracker
from mmmaml.registry import MODELS

from ..reference_walks import crowd
from ..stories import APPEARANCE, box, see, tracker


def matched(track, frame, boxes, appearance=None):
    """Advance and match, but go no further."""
    number = len(boxes)
    feats = None if appearance is None else APPEARANCE[appearance]
    detections, feats = track._check(
        torch.tensor(boxes), torch.full((number,), 0.9), torch.zeros(number), feats
    )
    track.tracks.advance(frame)
    return track.matching.run(track.tracks, detections, feats, track.appearance)


def test_matches_are_pairs_reentered_tracks_and_the_rest():
    track = tracker()
    see(track, 0, [box(100), box(300), box(500)], [0, 1, 2])
    for frame in range(1, 30):
        see(track, frame, [box(100), box(500)], [0, 2])
    matches = matched(track, 30, [box(700), box(502), box(900), box(101)], [5, 2, 1, 0])
    assert matches.dets.tolist() == [1, 2, 3]
    assert matches.tracks.tolist() == [2, 1, 0]
    assert matches.reentered.tolist() == [1]
    assert matches.unmatched.tolist() == [0]
    # Two tracks in view were compared with four detections, and each has its own among them.
    assert matches.cosines.shape == (2, 4)
    np.testing.assert_allclose(matches.own_cosines, [1, 1], atol=1e-6)


def test_without_features_nothing_is_compared():
    track = tracker()
    see(track, 0, [box(100)])
    matches = matched(track, 1, [box(101), box(400)])
    assert matches.tracks.tolist() == matches.dets.tolist() == [0]
    assert matches.unmatched.tolist() == [1]
    assert len(matches.cosines) == len(matches.own_cosines) == len(matches.reentered) == 0


def test_nobody_there():
    matches = matched(tracker(), 0, [[0.0, 0, 0, 0]])  # a box without area
    assert all(len(getattr(matches, each.name)) == 0 for each in dataclasses.fields(matches))


def test_cosines_of_other_classes_are_left_out():
    track = tracker()
    boxes = torch.tensor([box(100), box(300)])
    arguments = boxes, torch.full((2,), 0.9), torch.tensor([0, 1]), APPEARANCE[:2]
    track.step(0, *arguments)
    detections, feats = track._check(*arguments)
    track.tracks.advance(1)
    matches = track.matching.run(track.tracks, detections, feats, track.appearance)
    assert matches.cosines.shape == (2,)  # of each with its own alone


@pytest.mark.parametrize('adapted', [False, True])
def test_nothing_but_the_result_changes(adapted):
    track = OnlineMetaTracker(frame_rate=10)
    if adapted:
        torch.manual_seed(0)
        head = {'type': 'MetaReIDHead', 'in_channels': 6, 'feat_channels': 5}
        track.bind(MODELS.build(head).double())
    for number, boxes, scores, labels, feats in crowd(3, frames=20):
        inputs = [None if x is None else torch.from_numpy(x) for x in (boxes, scores, labels)]
        inputs.append(None if feats is None else torch.from_numpy(feats))
        detections, own = track._check(*inputs)
        before = pickle.dumps((track.tracks, track.appearance, detections))
        if track.tracks.frame_id is not None:
            matches = track.matching.run(track.tracks, detections, own, track.appearance)
            assert sorted([*matches.dets, *matches.unmatched]) == list(range(len(detections)))
            assert len(set(matches.tracks)) == len(matches.tracks)
            assert set(matches.reentered) <= set(matches.tracks)
        assert pickle.dumps((track.tracks, track.appearance, detections)) == before
        track.step(number, *inputs)
