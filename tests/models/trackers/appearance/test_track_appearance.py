"""The one owner of appearance: what it compares, remembers and forgets."""

import numpy as np
import pytest
import torch

from mmmaml.models import MetaReIDHead
from mmmaml.models.trackers.appearance.online_adapter import OnlineAdapter
from mmmaml.models.trackers.appearance.track_appearance import MemoryOptions, TrackAppearance

from ..stories import APPEARANCE, box, see, tracker


def seen(**options):
    """A tracker that has seen two people once, the second one half hidden."""
    track = tracker(**options)
    see(track, 0, [box(100), box(120, 190)], [0, 1])
    return track


def test_nothing_is_known_at_first():
    appearance = TrackAppearance(MemoryOptions(), 10)
    assert appearance.memory is None
    assert appearance.known(np.arange(3)).tolist() == [False] * 3
    assert torch.equal(appearance.prepare(2 * APPEARANCE), APPEARANCE)


def test_it_is_forgotten_with_the_video():
    track = seen()
    assert track.appearance.known(np.arange(2)).all()
    track.reset(25)
    assert track.appearance.memory is None
    assert track.appearance.frame_rate == track.tracks.frame_rate == 25


def test_tracks_are_compared_with_features():
    similarity = seen().appearance.similarity(np.array([1, 0]), 3 * APPEARANCE[:3])
    np.testing.assert_allclose(similarity, [[0, 1, 0], [1, 0, 0]], atol=1e-6)


@pytest.mark.parametrize('owner', [-1, 0])
def test_features_are_averaged_with_those_of_their_track(owner):
    track = seen()
    boxes = torch.tensor([box(400), box(600)])
    detections, feats = track._check(boxes, torch.full((2,), 0.6), torch.zeros(2), APPEARANCE[4:6])
    dets = np.array([1])
    got = track.appearance.means_with(np.array([owner]), dets, detections, feats)
    weight = track.appearance.memory.weight[0] if owner == 0 else 0.0
    expected = (weight * APPEARANCE[0] + 0.6 * APPEARANCE[5]) / (weight + 0.6)
    torch.testing.assert_close(got[0], expected)


def test_a_gallery_is_kept_for_the_solver_that_looks_at_it():
    torch.manual_seed(0)
    for solver, expected in (('gradient', 4), ('closed_form', None)):
        track = tracker(adapter_cfg={'solver': solver}, gallery_size=4)
        track.bind(MetaReIDHead(8, 4))
        see(track, 0, [box(100)], [0])
        gallery = track.appearance.memory.gallery
        assert (gallery and gallery.size) == expected
        assert gallery is None or gallery.interval == 5  # frames: 4 features over two seconds


def test_likelihoods_only_of_calibrated_cosines():
    torch.manual_seed(0)
    head, cosines = MetaReIDHead(8, 4), np.linspace(-1, 1, 5)
    for adapter in (None, OnlineAdapter(head, calibrate=False)):
        appearance = TrackAppearance(MemoryOptions(), 10, adapter)
        assert appearance.likelihood(cosines) is cosines
    likelihood = TrackAppearance(MemoryOptions(), 10, OnlineAdapter(head)).likelihood(cosines)
    assert ((likelihood > 0) & (likelihood < 1)).all()
    assert (np.diff(likelihood) > 0).all()


def test_the_channels_are_those_of_the_frames_before():
    track = seen()
    with pytest.raises(ValueError, match='5 channels, those of the frames before 8'):
        track.appearance.prepare(torch.ones(1, 5))
