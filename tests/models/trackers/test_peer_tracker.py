"""Trackers of MMDetection on our Re-ID network."""

import numpy as np
import pytest
import torch
from torch import nn

from mmmaml.registry import MODELS
from mmmaml.utils import register_all_modules

from .test_track_entry import BLUE, GREEN, RED, SCALE, MeanColor, WithReID, frame_of, sample_of


class MeanColorReID(MeanColor):
    """With the head that MMDetection's trackers ask for the length of embeddings."""

    def __init__(self):
        super().__init__()
        self.head = nn.Linear(1, 1)
        self.head.out_channels = 3


QD_TRACK = {
    'type': 'mmdet.QuasiDenseTracker',
    'init_score_thr': 0.8,
    'memo_tracklet_frames': 30,
}
DEEP_SORT = {
    'type': 'mmdet.SORTTracker',
    'motion': {'type': 'mmdet.KalmanFilter'},
    'reid': {
        'num_samples': 10,
        'img_scale': (20, 8),
        'img_norm_cfg': None,
        'match_score_thr': 1.0,
    },
    'num_tentatives': 1,
}
STRONG_SORT = {
    **DEEP_SORT,
    'type': 'mmdet.StrongSORTTracker',
    'motion': {'type': 'mmdet.KalmanFilter', 'use_nsa': True},
    'reid': {**DEEP_SORT['reid'], 'match_score_thr': 0.3, 'motion_weight': 0.02},
    'momentums': {'embeds': 0.1},
}


def peer(tracker, **options):
    register_all_modules(init_default_scope=False)
    return MODELS.build(
        {'type': 'mmmaml.PeerTracker', 'tracker': tracker, 'reid': {'img_scale': (20, 8)}}
        | options
    )


@pytest.mark.parametrize('resized', [True, False])
def test_qdtrack_finds_people_by_appearance_alone(resized):
    track, reid = peer(QD_TRACK, embed_length=4.0), MeanColorReID()
    sight = [([20, 100], [RED, GREEN]), ([180, 60], [RED, GREEN]), ([30, 90], [GREEN, BLUE])]
    ids = []
    for frame, (places, colors) in enumerate(sight):
        img, boxes = frame_of(places, colors)
        sample = sample_of(frame, boxes if resized else boxes * SCALE)
        if not resized:
            sample.pop('scale_factor')
        found = track.track(WithReID(reid), img, sample, rescale=True)
        ids.append(found.instances_id.tolist())
    assert ids == [[0, 1], [0, 1], [1, 2]]
    assert set(reid.batches) == {(2, 3, 20, 8)}
    lengths = [float(each['embed'].norm()) for each in track.tracker.tracks.values()]
    np.testing.assert_allclose(lengths, 4, rtol=0.05)  # momentum mixes a little
    track.reset()
    assert track.tracker.empty


@pytest.mark.parametrize('tracker', [DEEP_SORT, STRONG_SORT])
def test_sorts_follow_people_who_meet_and_part(tracker):
    track, model = peer(tracker), WithReID(MeanColorReID())
    for frame in range(21):
        reach = 20 - 2 * abs(frame - 10)
        img, boxes = frame_of([20 + reach, 76 - reach], [RED, GREEN])
        found = track.track(model, img, sample_of(frame, boxes), rescale=True)
        assert found.instances_id.tolist() == [0, 1]
    embeds = [track.tracker.get('embeds', [each]) for each in (0, 1)]
    expected = torch.nn.functional.normalize(torch.tensor([RED, GREEN]), dim=1)
    torch.testing.assert_close(torch.cat(embeds), expected, atol=1e-5, rtol=0)


def test_strongsort_gets_the_motion_of_the_camera():
    seen = []

    class Shift:
        def track(self, last_img, img, tracks, num_samples, frame_id, metainfo):
            seen.append((frame_id, torch.equal(last_img, img)))
            return tracks

    track, model = peer(STRONG_SORT), WithReID(MeanColorReID())
    track.cmc = Shift()
    img, boxes = frame_of([20], [RED])
    for frame in range(3):
        track.track(model, img, sample_of(frame, boxes), rescale=True)
    assert seen == [(1, True), (2, True)]
    built = peer(STRONG_SORT, cmc={'type': 'mmdet.CameraMotionCompensation'})
    assert built.cmc.num_iters == 50
