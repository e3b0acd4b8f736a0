"""People cross, leave and come back: who is who in the end."""

import pytest
import torch

from .stories import APPEARANCE, box, see, stages, tracker

# ---- crossings


def crossing(track, appearance, hidden=()):
    """Two people walk through each other; returns the ids of the left and of the right one."""
    left, right = [], []
    for frame in range(21):
        boxes = [box(100 + 10 * frame), box(300 - 10 * frame, cy=204)]
        keep = [0, 1] if frame not in hidden else [1]
        ids = see(track, frame, [boxes[i] for i in keep], [appearance[i] for i in keep])
        left += ids[:-1]
        right += ids[-1:]
    return left, right


@pytest.mark.parametrize('hidden', [(), (9, 10, 11)])
def test_people_of_distinct_appearance_cross(hidden):
    left, right = crossing(tracker(), (0, 1), hidden)
    assert set(left) == {1}
    assert set(right) == {2}


@pytest.mark.parametrize('hidden', [(), (9, 10, 11)])
def test_people_of_the_same_appearance_cross_and_motion_decides(hidden):
    left, right = crossing(tracker(), (0, 0), hidden)
    assert set(left) == {1}
    assert set(right) == {2}


def test_without_features_motion_carries_people_across():
    track = tracker()
    for frame in range(21):
        boxes = [box(100 + 10 * frame), box(300 - 10 * frame, cy=230)]
        assert see(track, frame, boxes) == [1, 2]


def test_people_who_turn_round_together_are_told_apart_by_appearance():
    track = tracker()
    for frame in range(21):
        reach = 100 - 10 * abs(frame - 10)  # they meet and go back: motion alone would swap them
        ids = see(track, frame, [box(100 + reach), box(310 - reach)], [0, 1])
        assert ids == [1, 2]


def test_another_person_in_the_same_place_is_someone_new():
    track = tracker(stages=stages(appearance={'veto_sim_thr': 0.2}))
    for frame in range(3):
        see(track, frame, [box(50)], [0])
    assert see(track, 3, [box(50)], [1]) == [-1]
    assert see(track, 4, [box(50)], [1]) == [2]


def test_who_is_hidden_keeps_their_own_appearance():
    track = tracker(max_occlusion=0.5)
    see(track, 0, [box(50), box(90, 210)], [0, 1])
    assert see(track, 1, [box(50), box(60, 210)], [2, 1]) == [1, 2]
    memory = track.appearance.memory
    torch.testing.assert_close(memory.mean[0], APPEARANCE[0])
    assert memory.weight[0] == pytest.approx(0.9)
    assert memory.weight[1] == pytest.approx(1.8)


def test_appearance_counts_as_far_as_it_is_visible_and_certain():
    track = tracker()
    # The one in front hides a quarter of the one behind: half the width, half the height.
    see(track, 0, [box(50), box(70, 250)], [0, 1], [0.8, 0.75])
    assert track.appearance.memory.weight[:2] == pytest.approx([0.8 * 0.75, 0.75])


# ---- coming back


def leave_and_return(track, seconds, place, look=0):
    """Someone is seen for a second, leaves, and someone appears; ids of those two frames."""
    for frame in range(10):
        see(track, frame, [box(100 + 3 * frame), box(600)], [0, 1])
    back = 10 + round(10 * seconds)
    for frame in range(10, back):
        see(track, frame, [box(600)], [1])
    return [see(track, back + i, [box(600), place], [1, look])[1] for i in range(2)]


def test_a_person_who_returns_elsewhere_keeps_the_id():
    assert leave_and_return(tracker(), 3, box(500, 350)) == [1, 1]


def test_another_person_who_appears_is_new():
    assert leave_and_return(tracker(), 3, box(500, 350), look=2) == [-1, 3]


def test_nobody_returns_when_reentry_is_off():
    assert leave_and_return(tracker(stages=stages(reentry=None)), 3, box(500, 350)) == [-1, 3]


def test_nobody_can_have_walked_that_fast_until_they_could():
    far = box(900, 350)  # 7.9 heights away, which would take 3.7 seconds
    options = {'stages': stages(reentry={'speed': 2.0, 'anywhere_seconds': 3.45})}
    assert leave_and_return(tracker(**options), 3.2, far) == [-1, 3]
    assert leave_and_return(tracker(**options), 3.4, far) == [1, 1]


def test_the_search_widens_with_age():
    near = box(100 + 27 + 120)  # 1.2 heights, 0.5 of them slack: 0.35 seconds
    changed = stages(
        appearance={'sim_thr': 1}, overlap={'iou_thr': 1}, reentry={'anywhere_seconds': 9}
    )
    options = {'stages': changed}
    assert leave_and_return(tracker(**options), 0.1, near) == [-1, 3]
    assert leave_and_return(tracker(**options), 0.3, near) == [1, 1]


def test_the_more_alike_of_two_is_passed_over_if_too_far_away():
    reentry = {'sim_thr': 0.5, 'anywhere_seconds': 9, 'speed': 1}
    track = tracker(stages=stages(appearance={'sim_thr': 0.9}, reentry=reentry))
    both = torch.stack([APPEARANCE[0], 0.6 * APPEARANCE[0] + 0.8 * APPEARANCE[1]])
    see(track, 0, [box(100), box(900)], both)
    for frame in range(1, 10):
        see(track, frame, [], APPEARANCE[:0])
    # A second later someone like the first one appears a height away from the second, and
    # a stranger near the first.
    assert see(track, 10, [box(1000), box(150)], [0, 5]) == [2, -1]


def test_who_came_back_stands_where_they_were_seen():
    track = tracker()
    leave_and_return(track, 3, box(500, 350))
    # Had the way since then been taken for speed, overlap would not find them.
    assert see(track, 42, [box(600), box(503, 350)]) == [2, 1]


def test_forgotten_people_are_new():
    assert leave_and_return(tracker(lost_seconds=2.9), 3, box(500, 350)) == [-1, 3]


def test_someone_seen_badly_is_recognised_by_all_views_of_the_tentative_track():
    track = tracker(stages=stages(reentry={'sim_thr': 0.7}))
    for frame in range(10):
        see(track, frame, [box(100)], [0])
    for frame in range(10, 40):
        see(track, frame, [], APPEARANCE[:0])
    views = (
        0.65 * APPEARANCE[0] + (1 - 0.65**2) ** 0.5 * APPEARANCE[3:5]
    )  # each too unlike, not their mean
    assert see(track, 40, [box(500)], views[:1]) == [-1]
    assert see(track, 41, [box(502)], views[1:]) == [1]
    assert len(track.tracks.state) == 1  # the tentative track is gone


def test_the_number_of_lost_tracks_is_bounded_and_the_oldest_goes():
    track = tracker(max_lost=3, num_tentatives=1)
    for frame in range(6):
        see(track, frame, [box(100 + 200 * frame)], [frame])
    see(track, 6, [], APPEARANCE[:0])
    state = track.tracks.state
    assert sorted(state.ids[state.select(confirmed=True)]) == [4, 5, 6]
