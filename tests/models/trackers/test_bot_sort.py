"""BoT-SORT, as configs/compare makes it of our tracker, by examples computed by hand."""

from pathlib import Path

import numpy as np
import pytest
import torch
from mmengine.config import Config

from mmmaml.models.trackers.association.fusion_stages import fused_distance

from .stories import APPEARANCE, box, see, tracker

CONFIG = Path(__file__).parents[3] / 'configs' / 'compare' / 'bot-sort_r18_demo.py'


def bot_sort(**fusion):
    options = Config.fromfile(CONFIG).model.tracker.to_dict()
    del options['type'], options['reid'], options['camera_motion']
    options['stages']['fusion'].update(fusion)
    return tracker(**options)


def test_the_smaller_distance_counts_if_appearance_may():
    iou = np.array([[0.6, 0.4], [0.5, 0.0]])
    similarity = np.array([[0.9, 0.95], [0.2, -np.inf]])
    distance = fused_distance(iou, similarity, 0.5, 0.5)
    np.testing.assert_allclose(distance, [[0.05, 0.6], [0.5, 1]])
    # Scores weigh the overlap, but do not decide if appearance counts.
    distance = fused_distance(iou, similarity, 0.5, 0.5, np.array([0.8, 0.5]))
    np.testing.assert_allclose(distance, [[0.05, 0.8], [0.6, 1]])
    # Both thresholds belong to what passes.
    assert fused_distance(iou[:1, :1], similarity[:1, :1], 0.6, 0.9) == pytest.approx(0.05)
    assert fused_distance(iou[:1, :1], similarity[:1, :1], 0.61, 0.9) == pytest.approx(0.4)
    assert fused_distance(iou[:1, :1], similarity[:1, :1], 0.6, 0.91) == pytest.approx(0.4)


@pytest.mark.parametrize(
    ('changes', 'expected'),
    [({}, [1, 2]), ({'proximity_iou_thr': 0.6}, [2, 1]), ({'sim_thr': 1.0}, [1, 2])],
)
def test_appearance_decides_between_boxes_that_are_near(changes, expected):
    track = bot_sort(**changes)
    see(track, 0, [box(100), box(120)], [0, 1])
    # They pass each other: each box overlaps with its own by 28/52 = 0.54, with the other's by
    # 32/48 = 0.67.
    assert see(track, 1, [box(112), box(108)], [0, 1]) == expected


@pytest.mark.parametrize(('score', 'expected'), [(0.71, 1), (0.69, -1)])
def test_overlap_counts_as_far_as_the_score_goes(score, expected):
    track = bot_sort(iou_thr=0.7 * 24 / 56)
    see(track, 0, [box(100)], [0])
    assert see(track, 1, [box(116)], [1], [score]) == [expected]


@pytest.mark.parametrize(('score', 'expected'), [(0.95, 2), (0.85, -1)])
def test_a_tentative_track_needs_more_overlap(score, expected):
    track = bot_sort()
    see(track, 0, [box(600)], [0])
    assert see(track, 1, [box(600), box(100)], [0, 1]) == [1, -1]
    # IoU 20/60 = 0.33 times the score, of which 0.3 are needed.
    assert see(track, 2, [box(600), box(120)], [0, 1], [0.9, score])[1] == expected


def test_weak_detections_continue_only_tracks_of_the_frame_before():
    track = bot_sort()
    see(track, 0, [box(100)], [0])
    assert see(track, 1, [box(112)], [0], [0.3]) == [1]  # IoU 28/52
    assert see(track, 2, [box(142)], [0], [0.3]) == [-1]
    assert see(track, 3, [box(112)], [0], [0.3]) == [-1]
    assert see(track, 4, [box(116)], [0]) == [1]


def test_lost_people_are_found_where_they_would_be_and_nowhere_else():
    for frame, place, expected in ((10, 100, 1), (11, 100, -1), (5, 400, -1)):
        track = bot_sort()
        see(track, 0, [box(100)], [0])
        for between in range(1, frame):
            see(track, between, [], APPEARANCE[:0])
        assert see(track, frame, [box(place)], [0]) == [expected]


def test_features_are_averaged_exponentially_and_weak_ones_not_at_all():
    track = bot_sort()
    see(track, 0, [box(100)], [0], [0.95])
    see(track, 1, [box(100)], [1], [0.7])
    see(track, 2, [box(100)], [2], [0.3])
    see(track, 3, [box(100), box(110, 210)], [3, 4])  # hidden for the most part
    expected = 0.9 * (0.9 * APPEARANCE[0] + 0.1 * APPEARANCE[1]) + 0.1 * APPEARANCE[3]
    torch.testing.assert_close(track.appearance.memory.mean[0], expected)


def test_boxes_alone_will_do():
    track = bot_sort()
    for frame in range(5):
        assert see(track, frame, [box(100 + 4 * frame), box(300)]) == [1, 2]


def test_those_seen_without_features_match_by_box():
    track = bot_sort()
    see(track, 0, [box(100)])
    assert see(track, 1, [box(102)], [0]) == [1]
    assert see(track, 2, [box(104), box(400)], [0, 1]) == [1, -1]


def test_classes_never_mix():
    track = bot_sort()
    assert see(track, 0, [box(50), box(60)], [0, 0], labels=[0, 1]) == [1, 2]
    assert see(track, 1, [box(60), box(50)], [0, 0], labels=[0, 1]) == [1, 2]


def test_duplicates_are_removed_at_the_distance_of_its_code():
    assert bot_sort().options.life.max_duplicate_iou == 1 - 0.15
