"""Stories of people in front of a camera, at 10 frames a second."""

import numpy as np
import pytest
import torch

from mmmaml.models.trackers.association.overlap_stages import OverlapStage
from mmmaml.registry import MODELS

from .stories import APPEARANCE, box, see, stages, tracker

# ---- edges


def test_ids_are_int64_from_one_on_the_first_frame():
    ids = tracker().step(
        0, torch.tensor([box(50), box(150)]), torch.ones(2), torch.zeros(2).long(), APPEARANCE[:2]
    )
    assert ids.dtype == torch.int64
    assert ids.tolist() == [1, 2]


def test_nobody_ever():
    track = tracker()
    for frame in range(5):
        assert see(track, frame, [], APPEARANCE[:0]) == []
    assert len(track.tracks.state) == 0
    assert track.tracks.state.capacity == 0


def test_after_an_empty_first_frame_tracks_must_prove_themselves():
    track = tracker()
    see(track, 0, [])
    assert see(track, 1, [box(50)], [0]) == [-1]
    assert see(track, 2, [box(52)], [0]) == [1]


def test_everyone_is_forgotten_after_a_long_emptiness():
    track = tracker(lost_seconds=2)
    see(track, 0, [box(50)], [0])
    for frame in range(1, 21):
        see(track, frame, [], APPEARANCE[:0])
    assert len(track.tracks.state) == 1
    see(track, 21, [], APPEARANCE[:0])
    assert len(track.tracks.state) == 0
    assert see(track, 22, [box(50)], [0]) == [-1]


@pytest.mark.parametrize('value', [0.4, 0.8])
def test_scores_at_a_threshold_pass_it(value):
    track = tracker(score_thr=value, init_score_thr=value, low_score_thr=0.1)
    below = float(np.nextafter(np.float32(value), np.float32(0)))
    boxes = [box(50), box(150), box(250)]
    scores = torch.tensor([value, below, 1.0], dtype=torch.float64)
    ids = track.step(0, torch.tensor(boxes), scores, torch.zeros(3).long(), APPEARANCE[:3])
    assert ids.tolist() == [1, -1, 2]


def test_similarity_at_the_threshold_matches_and_below_it_does_not():
    cosine = 0.75
    half = torch.tensor([[cosine, (1 - cosine**2) ** 0.5]], dtype=torch.float64)
    start = torch.tensor([[1.0, 0.0]], dtype=torch.float64)
    for threshold, expected in ((cosine - 1e-9, [1]), (cosine + 1e-6, [-1])):
        # IoU is too small for overlap, so only appearance can match.
        changed = stages(
            appearance={'sim_thr': threshold, 'motion_weight': 0},
            overlap={'iou_thr': 1},
            reentry=None,
        )
        track = tracker(stages=changed)
        see(track, 0, [box(50)], start)
        assert see(track, 1, [box(54)], half) == expected


def test_overlap_at_the_threshold_matches_and_below_it_does_not():
    for shift, expected in ((16.0, [1]), (16.1, [-1])):
        track = tracker(stages=stages(overlap={'iou_thr': 24 / 56}))
        see(track, 0, [box(50)])
        assert see(track, 1, [box(50 + shift)]) == expected


@pytest.mark.parametrize(
    ('features', 'shift', 'expected'),
    # IoU 12/68 = 0.18, 6/74 = 0.08; 23/57 = 0.40, 20/60 = 0.33
    [(False, 28, [1]), (False, 34, [-1]), (True, 17, [1]), (True, 20, [-1])],
)
def test_boxes_must_overlap_more_in_frames_with_features(features, shift, expected):
    track, look = tracker(stages={'overlap': {}}), [0] if features else None
    see(track, 0, [box(50)], look)
    assert see(track, 1, [box(50 + shift)], look) == expected


def test_boxes_without_area_are_nobody():
    track = tracker()
    boxes = [[10, 10, 10, 50], box(100), [60, 40, 50, 90], [5, 5, 25, 5]]
    assert see(track, 0, boxes, [0, 1, 2, 3]) == [-1, 1, -1, -1]
    assert len(track.tracks.state) == 1


@pytest.mark.parametrize(
    ('what', 'message'),
    [
        ({'bboxes': torch.zeros(2, 5)}, r'bboxes has shape \(2, 5\), expected \(2, 4\)'),
        ({'scores': torch.zeros(3)}, r'scores has shape \(3,\), expected \(2,\)'),
        ({'labels': torch.zeros(2, 1)}, r'labels has shape \(2, 1\), expected \(2,\)'),
        ({'feats': torch.zeros(3, 8)}, r'feats has shape \(3, 8\), expected \(2, 8\)'),
        ({'feats': torch.zeros(2)}, r'feats has shape \(2,\)'),
        ({'feats': torch.zeros(2, 5)}, '5 channels, those of the frames before 8'),
        ({'feats': torch.tensor([[1.0] * 8, [0, 0, np.nan] + [0] * 5])}, 'feats row 1 of 2'),
        ({'bboxes': torch.tensor([box(1), [0, 0, np.inf, 9]])}, 'bboxes row 1 of 2.*inf'),
        ({'scores': torch.tensor([np.nan, 1])}, 'scores row 0 of 2.*nan'),
        ({'frame_id': 4}, 'frame_id 4 does not come after frame_id 4'),
        ({'frame_id': 0}, 'frame_id 0 does not come after frame_id 4'),
    ],
)
def test_bad_input_is_refused_and_changes_nothing(what, message):
    track = tracker()
    see(track, 4, [box(50), box(150)], [0, 1])
    good = {
        'frame_id': 5,
        'bboxes': torch.tensor([box(51), box(151)]),
        'scores': torch.ones(2),
        'labels': torch.zeros(2, dtype=torch.long),
        'feats': APPEARANCE[:2],
    }
    with pytest.raises(ValueError, match=message):
        track.step(**{**good, **what})
    assert track.step(**good).tolist() == [1, 2]


def test_reset_starts_ids_and_time_again():
    track = tracker()
    see(track, 7, [box(50), box(150)], [0, 1])
    track.reset()
    assert see(track, 0, [box(150)], [1]) == [1]


def test_features_may_be_missing_in_some_frames_and_half_precision():
    track = tracker()
    see(track, 0, [box(50)])
    assert see(track, 1, [box(51)], APPEARANCE[:1].half()) == [1]
    assert see(track, 2, [box(52)]) == [1]
    assert see(track, 3, [box(53)], [0]) == [1]


def test_buildable_from_a_config():
    made = MODELS.build({'type': 'OnlineMetaTracker', 'stages': {'overlap': {'iou_thr': 0.3}}})
    assert made.options.stages == (OverlapStage(iou_thr=0.3),)


# ---- the life of a track


def test_a_flicker_is_never_reported():
    track = tracker(num_tentatives=3, tentative_seconds=1)
    see(track, 0, [])
    assert see(track, 1, [box(50)], [0]) == [-1]
    assert see(track, 2, [box(51)], [0]) == [-1]
    assert see(track, 3, [], APPEARANCE[:0]) == []
    assert len(track.tracks.state) == 0
    found = [see(track, frame, [box(50)], [0]) for frame in (4, 5, 6)]
    assert found == [[-1], [-1], [1]]


@pytest.mark.parametrize(('frame_rate', 'expected'), [(7, [-1]), (5, [1])])
def test_people_are_reported_at_once_if_frames_are_far_apart(frame_rate, expected):
    track = tracker(frame_rate=frame_rate)
    see(track, 0, [])
    assert see(track, 1, [box(50)], [0]) == expected
    assert see(track, 2, [box(51)], [0]) == [1]


def test_overlap_counts_as_far_as_heights_do():
    # Of a box as wide, but half as high, IoU and overlap of heights are 1/2 each.
    for modulated, expected in ((True, [-1]), (False, [1])):
        track = tracker(stages={'overlap': {'iou_thr': 0.4, 'height_modulated': modulated}})
        left, top, right, bottom = box(50)
        see(track, 0, [box(50)])
        assert see(track, 1, [[left, top, right, (top + bottom) / 2]]) == expected


def test_decisions_name_stage_and_similarity():
    track = tracker()
    assert track.decisions() == []
    see(track, 0, [box(50), box(150)], [0, 1])
    assert [each[:2] for each in track.decisions()] == [(1, 'start'), (2, 'start')]
    see(track, 1, [box(150), box(51)], [1, 0])
    first, second = sorted(track.decisions())
    assert (first.stage, second.stage) == ('appearance', 'appearance')
    assert first.similarity == pytest.approx(1, abs=1e-6)
    see(track, 2, [box(52)])
    (decision,) = track.decisions()
    assert decision[:2] == (1, 'overlap')
    assert np.isnan(decision.similarity)


def test_weak_detections_continue_a_track_but_start_none():
    track = tracker()
    see(track, 0, [box(50)], [0])
    assert see(track, 1, [box(52), box(300)], [0, 1], [0.4, 0.4]) == [1, -1]
    assert see(track, 2, [box(54), box(300)], [0, 1], [0.4, 0.4]) == [1, -1]
    assert see(track, 3, [box(56)], [0], [0.29]) == [-1]
    # Its appearance was not taken from the weak ones.
    assert track.appearance.memory.weight[0] == pytest.approx(0.9)


def test_weak_detections_do_not_revive_a_track_unseen_in_the_frame_before():
    track = tracker()
    see(track, 0, [box(50)], [0])
    see(track, 1, [], APPEARANCE[:0])
    assert see(track, 2, [box(50)], [0], [0.4]) == [-1]


def test_classes_never_mix():
    track = tracker()
    assert see(track, 0, [box(50), box(60)], [0, 0], labels=[0, 1]) == [1, 2]
    # They swap places; box and appearance would say otherwise.
    assert see(track, 1, [box(60), box(50)], [0, 0], labels=[0, 1]) == [1, 2]
    assert see(track, 2, [box(50)], [0], labels=[2]) == [-1]


def test_frames_may_be_missing():
    track = tracker()
    for frame in range(6):
        assert see(track, frame, [box(50 + 10 * frame)], [0]) == [1]
    # Five frames later the person has walked 50 pixels, more than the width of the box.
    assert see(track, 10, [box(150)]) == [1]


def test_people_who_stand_still_are_found_after_a_long_gap():
    track = tracker(recent_seconds=1)
    see(track, 0, [box(50)])
    assert see(track, 30, [box(50)]) == [1]
    see(track, 31, [])
    assert see(track, 42, [box(50)]) == [-1]  # unseen for longer in frames that were looked at


def test_the_box_of_someone_unseen_moves_on_but_does_not_grow():
    track = tracker()
    for frame in range(8):
        size = 100 + 10 * frame
        see(track, frame, [box(100 + 8 * frame, width=0.4 * size, height=size)])
    predicted = []
    for frame in range(8, 12):
        see(track, frame, [])
        predicted.append(track.tracks.state.motion[0, 0].copy())
    centers, heights = np.array(predicted)[:, 0], np.array(predicted)[:, 3]
    assert (np.diff(centers) > 4).all()
    np.testing.assert_array_equal(np.diff(heights)[1:], 0)


def test_the_box_of_someone_walking_away_never_turns_inside_out():
    track = tracker()
    for frame in range(8):
        size = 200 - 20 * frame
        see(track, frame, [box(100, width=0.4 * size, height=size)])
    see(track, 100, [])
    assert track.tracks.state.motion[0, 0, 3] >= 1


def test_a_newcomer_seen_without_features_does_not_inherit_appearance():
    track = tracker(lost_seconds=0, num_tentatives=1)
    see(track, 0, [box(50)], [0])
    see(track, 1, [], APPEARANCE[:0])
    see(track, 2, [box(300)])
    assert not track.appearance.memory.known(np.array([0])).any()
    assert see(track, 3, [box(302)], [5]) == [2]
    torch.testing.assert_close(track.appearance.memory.mean[0], APPEARANCE[5])


@pytest.mark.parametrize(('gap', 'expected'), [(20, [1, 2]), (21, [3, 4])])
def test_whoever_was_lost_for_too_long_in_a_gap_is_somebody_else(gap, expected):
    track = tracker(lost_seconds=2, recent_seconds=1, num_tentatives=1, frame_rate=10)
    see(track, 0, [box(50), box(300)], [0, 1])
    # The next frame comes late: nobody knows when in between the two left.
    assert see(track, 1 + gap, [box(50), box(300)], [0, 1]) == expected


@pytest.mark.parametrize('lost_seconds', [0, 2])
def test_skipping_frames_loses_nobody_in_view(lost_seconds):
    track = tracker(lost_seconds=lost_seconds)
    for frame in range(0, 100, 5):
        assert see(track, frame, [box(50 + frame)], [0]) == [1]


# ---- adaptation


class ScaledCosine:
    """Stands in for the adaptation: compares only some channels of each feature."""

    calibration = None

    def __init__(self, channels, uses_gallery=True):
        self.channels = channels
        self.uses_gallery = uses_gallery
        self.calls = []
        self.fitted = []
        self.observed = []

    def reset(self):
        self.fitted.clear()

    def prepare(self, feats):
        return feats

    def observe(self, means, known, feats, weights):
        assert len(means) == len(known) == len(feats) == len(weights)
        if len(feats):
            self.observed.append(known.tolist())

    def fit(self, track_mean):
        self.fitted.append(len(track_mean))

    def similarity(self, track_mean, gallery, gallery_count, feats):
        assert (gallery is not None) == self.uses_gallery
        if gallery is not None:
            self.calls.append((tuple(gallery.shape), gallery_count.tolist()))
            assert gallery_count.min() >= 1
        else:
            self.calls.append(len(track_mean))
        first, second = track_mean[:, self.channels], feats[:, self.channels]
        return torch.nn.functional.cosine_similarity(first[:, None], second[None], dim=2)


def test_the_adapter_decides_on_features_as_they_are():
    appearance = torch.tensor([[3.0, 0.0, 9.0], [0.0, 3.0, 9.0]])  # alike but for the adapter
    track = tracker(gallery_size=10)
    track.appearance.adapter = ScaledCosine([0, 1])
    for frame in range(21):
        reach = 100 - 10 * abs(frame - 10)
        ids = see(track, frame, [box(100 + reach), box(310 - reach)], appearance)
        assert ids == [1, 2]
    # The mean is of the features themselves, not of their directions.
    torch.testing.assert_close(track.appearance.memory.mean[0], appearance[0])
    assert track.adapter.calls[-1] == ((2, 10, 3), [10, 10])
    assert track.adapter.fitted == [2] * 20  # once a frame, to all in view
    # Where the two hide each other, appearance is not learned. The first detections tell nothing.
    known = [each for each in track.adapter.observed if len(each) == 2]
    assert len(known) >= 15
    assert known == sorted(known)
    assert known[0] == pytest.approx([0.9, 0.9])
    track.reset()
    assert track.adapter.fitted == []


def test_one_call_a_stage_and_none_without_need():
    track = tracker()
    track.appearance.adapter = ScaledCosine(list(range(8)), uses_gallery=False)
    see(track, 0, [box(50), box(150)], [0, 1])
    assert len(track.adapter.calls) == 0  # no track to compare with
    see(track, 1, [box(50), box(150)], [0, 1])
    assert len(track.adapter.calls) == 1  # all were found in view
    see(track, 2, [box(50), box(300)], [0, 2])
    # One track in view is left, but the other person is too far away to be it.
    assert len(track.adapter.calls) == 2
    for frame in range(3, 13):
        see(track, frame, [box(50), box(300)], [0, 2])
    assert track.adapter.calls[-1] == 3
    assert track.appearance.memory.gallery is None  # single features are not even kept


def test_binding_another_head_starts_anew():
    torch.manual_seed(0)
    head = MODELS.build({'type': 'MetaReIDHead', 'in_channels': 8, 'feat_channels': 4})
    track = tracker()
    see(track, 0, [box(50)], [0])
    track.bind(head)
    assert track.adapter is not None
    assert len(track.tracks.state) == 0
    adapter = track.adapter
    assert see(track, 0, [box(50)], [0]) == [1]
    track.bind(head)
    assert track.adapter is adapter
    assert len(track.tracks.state) == 1
    track.bind(None)
    assert track.adapter is None
    assert len(track.tracks.state) == 0


# ---- endurance


def test_two_thousand_frames_of_thirty_people_stay_bounded():
    rng = np.random.default_rng(0)
    track = tracker(lost_seconds=3, max_lost=20, frame_rate=30)
    generator = torch.Generator().manual_seed(0)
    centre = rng.uniform((50, 100), (1900, 900), (30, 2))
    appearance = torch.randn(30, 16, generator=generator)
    for frame in range(2000):
        centre += rng.normal(0, 3, (30, 2))
        replaced = rng.random(30) < 0.002
        number = int(replaced.sum())
        appearance[replaced] = torch.randn(number, 16, generator=generator)
        centre[replaced] = rng.uniform((50, 100), (1900, 900), (number, 2))
        seen = rng.random(30) > 0.2
        half = np.array([20, 50])
        boxes = np.hstack([centre - half, centre + half])[seen]
        scores = torch.from_numpy(rng.uniform(0.3, 1, len(boxes)))
        labels = torch.zeros(len(boxes), dtype=torch.long)
        ids = track.step(frame, torch.from_numpy(boxes), scores, labels, appearance[seen]).numpy()
        reported = ids[ids > 0]
        assert len(np.unique(reported)) == len(reported)
        assert len(track.tracks.state) <= 30 + 20
    state, memory = track.tracks.state, track.appearance.memory
    assert state.capacity == 64
    assert memory.mean.shape == (64, 16)
    assert memory.gallery is None
    assert np.isfinite(state.motion).all()
    assert torch.isfinite(memory.mean).all()
