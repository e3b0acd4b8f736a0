import itertools

import numpy as np
import pytest

from mmmaml.evaluation import (
    Kept,
    ReentryProtocol,
    TrackedSequence,
    evaluate_tracks,
    reentry_rate,
    sum_reentry,
)

RATE = 10.0  # frames per second


def rate(gt, results, frame_rate=RATE, **protocol):
    num_frames = int(gt[:, 0].max())
    events = events_of(gt, results, num_frames)
    return reentry_rate(events, gt, frame_rate, ReentryProtocol(**protocol))


def events_of(gt, results, num_frames):
    sequence = TrackedSequence('a', gt, results, num_frames)
    return evaluate_tracks([sequence]).sequences['a'].events


def span(first, last):
    return np.arange(first, last + 1)


def test_a_return_is_kept_or_not(person, track):
    # Person 1 is away for 15 frames and keeps the id, person 2 for 31 and does not.
    gt = np.concatenate(
        [
            person(1, [*span(1, 20), *span(36, 60)]),
            person(2, [*span(1, 20), *span(52, 60)], left=100),
        ]
    )
    results = np.concatenate(
        [
            track(5, [*span(1, 20), *span(36, 60)]),
            track(6, span(1, 20), left=100),
            track(7, span(52, 60), left=100),
        ]
    )
    assert rate(gt, results) == {1.0: (1, 2), 3.0: (0, 1), 10.0: (0, 0)}


@pytest.mark.parametrize(('away', 'total'), [(9, 0), (10, 1), (11, 1)])
def test_an_absence_of_exactly_the_length_counts(person, track, away, total):
    frames = [*span(1, 10), *span(11 + away, 20 + away)]
    assert rate(person(1, frames), track(1, frames), seconds=(1,)) == {1.0: (total, total)}


def test_a_frame_rate_that_is_no_whole_number(person, track):
    # 3 s at 29.97 frames a second are 89.91 frames.
    for away, total in ((89, 0), (90, 1)):
        frames = [*span(1, 30), *span(31 + away, 60 + away)]
        found = rate(person(1, frames), track(1, frames), frame_rate=29.97, seconds=(3,))
        assert found == {3.0: (total, total)}


@pytest.mark.parametrize(('visibility', 'total'), [(0.24, 1), (0.25, 0), (-1.0, 0)])
def test_hidden_people_are_away_although_a_track_covers_them(person, track, visibility, total):
    gt = person(1, span(1, 40))
    gt[10:25, 8] = visibility
    assert rate(gt, track(4, span(1, 40)), seconds=(1,)) == {1.0: (total, total)}


def test_ignored_ground_truth_is_not_there(person, track):
    gt = person(1, span(1, 40))
    gt[10:25, 6] = 0
    assert rate(gt, track(4, span(1, 40)), seconds=(1,)) == {1.0: (1, 1)}


def test_a_glimpse_is_no_return(person, track):
    # Seen for 4 of the 5 frames asked for, then away again: one absence of 34 frames.
    frames = [*span(1, 10), *span(26, 29), *span(45, 60)]
    results = track(1, [*span(1, 10), *span(45, 60)])
    assert rate(person(1, frames), results, seconds=(1, 3)) == {1.0: (1, 1), 3.0: (1, 1)}
    asked = {'seconds': (1, 3), 'min_presence_seconds': 0.4}
    assert rate(person(1, frames), results, **asked) == {1.0: (0, 2), 3.0: (0, 0)}


def test_the_majority_of_the_window_is_the_id(person, track):
    # In the second before: 6 frames as 1, then 4 as 2. In the one after: 4 as 9, then 6 as 1.
    gt = person(3, [*span(1, 20), *span(40, 60)])
    results = np.concatenate(
        [
            track(1, [*span(1, 16), *span(44, 60)]),
            track(2, span(17, 20)),
            track(9, span(40, 43)),
        ]
    )
    assert rate(gt, results, seconds=(1,)) == {1.0: (1, 1)}
    # Of the nearest 0.4 s only, they are 2 and 9.
    assert rate(gt, results, seconds=(1,), window_seconds=0.4) == {1.0: (0, 1)}


def test_of_equally_frequent_ids_the_nearest_counts(person, track):
    gt = person(3, [*span(1, 10), *span(40, 49)])
    results = np.concatenate(
        [
            track(1, span(1, 5)),
            track(2, [*span(6, 10), *span(40, 44)]),
            track(3, span(45, 49)),
        ]
    )
    assert rate(gt, results, seconds=(1,)) == {1.0: (1, 1)}


@pytest.mark.parametrize('missing', ['before', 'after', 'both'])
def test_without_a_track_on_a_side_nothing_is_kept(person, track, missing):
    gt = person(1, [*span(1, 20), *span(40, 60)])
    frames = {
        'before': span(40, 60),
        'after': span(1, 20),
        'both': span(21, 22),
    }[missing]
    assert rate(gt, track(1, frames), seconds=(1,)) == {1.0: (0, 1)}
    # Untracked people do not come back.
    assert rate(gt, track(1, frames), seconds=(1,), absence='untracked') == {1.0: (0, 0)}


def test_untracked_for_whatever_reason(person, track):
    # Always visible; lost by the tracker for 12 frames, then for 35 and found under a new id.
    gt = person(1, span(1, 100))
    results = np.concatenate([track(1, [*span(1, 20), *span(33, 50)]), track(2, span(86, 100))])
    assert rate(gt, results) == {1.0: (0, 0), 3.0: (0, 0), 10.0: (0, 0)}
    expected = {1.0: (1, 2), 3.0: (0, 1), 10.0: (0, 0)}
    assert rate(gt, results, absence='untracked') == expected


def test_people_do_not_mix(person, track):
    # Person 1 leaves at frame 10, person 2 comes at frame 30: nobody returns.
    gt = np.concatenate([person(1, span(1, 10)), person(2, span(30, 40))])
    results = track(1, [*span(1, 10), *span(30, 40)])
    for absence in ('unseen', 'untracked'):
        assert rate(gt, results, seconds=(1,), absence=absence) == {1.0: (0, 0)}


def test_no_tracks_at_all(person):
    gt = person(1, [*span(1, 20), *span(40, 60)])
    assert rate(gt, np.zeros((0, 7)), seconds=(1,)) == {1.0: (0, 1)}
    found = rate(gt, np.zeros((0, 7)), seconds=(1,), absence='untracked')
    assert found == {1.0: (0, 0)}


@pytest.mark.parametrize('absence', ['unseen', 'untracked'])
@pytest.mark.parametrize('seed', range(3))
def test_as_a_plain_scan_of_each_person_finds(random_sequence, seed, absence):
    gt, results = random_sequence(seed, num_frames=200)
    results = results[results[:, 1] != 900]  # twice in some frames
    rng = np.random.default_rng(seed)
    gt[:, 8] = np.where(gt[:, 0] // 9 % 3 == gt[:, 1] % 3, 0.1, rng.uniform(0.2, 1, len(gt)))
    events = events_of(gt, results, 200)
    protocol = ReentryProtocol((0.3, 0.8), absence, 0.3, 0.2, 0.6)
    expected = scan(events, gt, protocol)
    assert expected[0.3][1] > 10
    assert reentry_rate(events, gt, RATE, protocol) == expected


def scan(events, gt, protocol):
    """Returns of every person, frame by frame."""
    visible = {(int(r[0]), int(r[1])): r[8] for r in gt}
    result = {seconds: [0, 0] for seconds in protocol.seconds}
    for person in sorted(set(events['gt_id'].dropna())):
        own = events[events['gt_id'] == person]
        matched = {r.frame: r.track_id for r in own.itertuples() if r.type != 'miss'}
        seen = [f for f in own['frame'] if visible[f, person] >= protocol.min_visibility]
        seen = sorted(matched if protocol.absence == 'untracked' else seen)
        presences = []
        for frame in seen:
            if presences and frame - presences[-1][-1] - 1 < min(protocol.seconds) * RATE:
                presences[-1].append(frame)
            else:
                presences.append([frame])
        presences = [p for p in presences if len(p) >= protocol.min_presence_seconds * RATE]
        for old, new in itertools.pairwise(presences):
            before = most(matched.get(old[-1] - i) for i in range(6))
            after = most(matched.get(new[0] + i) for i in range(6))
            for seconds, counts in result.items():
                if new[0] - old[-1] - 1 >= seconds * RATE:
                    counts[0] += before is not None and before == after
                    counts[1] += 1
    return {seconds: tuple(counts) for seconds, counts in result.items()}


def most(ids):
    ids = [each for each in ids if each is not None]
    return max(ids, key=lambda each: (ids.count(each), -ids.index(each)), default=None)


def test_sequences_add_up():
    first, second = {1.0: Kept(2, 3), 3.0: Kept(0, 1)}, {1.0: Kept(1, 4), 3.0: Kept(0, 0)}
    total = sum_reentry([first, second])
    assert total == {1.0: (3, 7), 3.0: (0, 1)}
    assert total[1.0].total == 7
    assert sum_reentry([]) == {}


@pytest.mark.parametrize(
    ('wrong', 'message'),
    [
        ({'seconds': (1.0, 0.0)}, r'seconds=\(1.0, 0.0\) must hold lengths greater than 0'),
        ({'seconds': ()}, r'seconds=\(\)'),
        ({'absence': 'gone'}, "absence='gone' must be 'unseen' or 'untracked'"),
        ({'window_seconds': 0}, 'window_seconds=0 must be greater than 0'),
        ({'min_presence_seconds': -1}, 'min_presence_seconds=-1 at least 0'),
    ],
)
def test_protocols_that_make_no_sense_are_refused(wrong, message):
    with pytest.raises(ValueError, match=message):
        ReentryProtocol(**wrong)


def test_other_ground_truth_and_no_frame_rate_are_refused(person, track):
    gt = person(1, span(1, 20))
    with pytest.raises(ValueError, match='frame_rate=0 must be greater than 0'):
        rate(gt, track(1, span(1, 20)), frame_rate=0)
    events = events_of(gt, track(1, span(1, 20)), 20)
    with pytest.raises(ValueError, match='person 1 in frame 20, the ground truth has not'):
        reentry_rate(events, gt[:-1], RATE)
