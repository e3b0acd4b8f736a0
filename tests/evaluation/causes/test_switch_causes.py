"""Circumstances of switches in hand-made scenes."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mmmaml.evaluation import TrackedSequence, evaluate_tracks
from mmmaml.evaluation.causes.switch_causes import (
    BACK,
    FALSE,
    KINDS,
    NEW,
    SUMMARY,
    TAKEN,
    Switch,
    count_causes,
    count_stages,
    switch_causes,
    switch_table,
)

RATE = 10.0
PLACES = {1: 0.0, 2: 200.0, 3: 400.0}


def box(frame: int, number: int, left: float, top: float = 50) -> list[float]:
    return [frame, number, left, top, 40, 100]


def scene(tracks: list[list[float]], people=(1, 2), length: int = 40, more=()) -> list[Switch]:
    """People stand at their places; ``tracks`` holds boxes."""
    gt = [[*box(f, p, PLACES[p]), 1, 1, 1] for p in people for f in range(1, length + 1)]
    rows = np.array([[*each, 0.9] for each in tracks]).reshape(-1, 7)
    sequence = TrackedSequence('S', np.array([*gt, *more]), rows, length, RATE)
    scored = evaluate_tracks([sequence], 'MOT15').sequences['S']
    causes = switch_causes(scored, RATE)
    assert len(causes) == (scored.events['type'] == 'switch').sum()
    return causes


def on(person: int, track: int, frames: range, shift: float = 0) -> list[list[float]]:
    return [box(frame, track, PLACES[person] + shift) for frame in frames]


def test_no_switch_no_cause():
    assert scene(on(1, 7, range(1, 41))) == []


def test_new_track_after_a_gap():
    (cause,) = scene(on(1, 7, range(1, 11)) + on(1, 8, range(16, 41)))
    assert cause == Switch('S', 16, 1, 7, 8, NEW, 0.5, 0.0, '', 'lost')


def test_two_people_swap_their_tracks():
    first, second = range(1, 21), range(21, 41)
    swapped = on(1, 7, first) + on(2, 8, first) + on(1, 8, second) + on(2, 7, second)
    for cause in scene(swapped):
        assert cause.kind == TAKEN
        assert cause.gap_seconds == 0
        assert cause.old_track == 'on another person'


def test_track_that_grew_on_a_false_box():
    tracks = on(1, 7, range(1, 21)) + on(3, 8, range(5, 21)) + on(1, 8, range(21, 41))
    (cause,) = scene(tracks)
    assert cause.kind == FALSE
    assert cause.frame == 21


def test_back_to_an_earlier_track():
    tracks = on(1, 7, range(1, 11)) + on(1, 8, range(11, 21)) + on(1, 7, range(21, 41))
    assert [each.kind for each in scene(tracks)] == [NEW, BACK]


def test_doubled_box_lies_on_the_person():
    tracks = on(1, 7, range(1, 21)) + on(1, 8, range(21, 41)) + on(1, 9, range(21, 31), 12)
    (cause,) = scene(tracks)
    assert cause.beside == 'doubled'
    assert cause.old_track == 'lost'


def test_false_box_lies_beside():
    tracks = on(1, 7, range(1, 21)) + on(1, 8, range(21, 41)) + on(1, 9, range(21, 31), 25)
    (cause,) = scene(tracks)
    assert cause.beside == 'false'


@pytest.mark.parametrize(('top', 'hidden'), [(60, 0.9 * 0.5), (40, 0.0)])
def test_person_in_front_hides(top: float, hidden: float):
    """The other one stands half a width aside, before (lower feet) or behind."""
    other = [[*box(f, 9, PLACES[1] + 20, top), 1, 1, 1] for f in range(8, 14)]
    (cause,) = scene(on(1, 7, range(1, 11)) + on(1, 8, range(16, 41)), more=other)
    assert cause.occlusion == pytest.approx(hidden)


def test_bad_frame_rate_is_refused():
    gt = np.array([[*box(1, 1, 0), 1, 1]], dtype=float)
    sequence = TrackedSequence('S', gt, np.zeros((0, 7)), 1)
    scored = evaluate_tracks([sequence], 'MOT15').sequences['S']
    with pytest.raises(ValueError, match='frame_rate=0'):
        switch_causes(scored, 0)


@settings(max_examples=30, deadline=None)
@given(st.lists(st.sampled_from([0, 7, 8, 9]), min_size=12, max_size=12))
def test_counts_add_up(ids: list[int]):
    """Person 1 has any id, or none, in each frame; a switch is a change from the last known."""
    tracks = [box(f, track, PLACES[1]) for f, track in enumerate(ids, start=1) if track]
    causes = scene(tracks, people=(1,), length=12)
    known = [track for track in ids if track]
    changes = sum(a != b for a, b in itertools.pairwise(known))
    assert len(causes) == changes
    table = count_causes(causes)
    assert [row[0] for row in table] == [*KINDS, 'all']
    counts = np.array([row[1:] for row in table])
    assert counts.shape[1] == len(SUMMARY) - 1
    assert (counts[:-1].sum(0) == counts[-1]).all()
    assert (counts[:, 1:4].sum(1) == counts[:, 0]).all()
    assert counts[-1, 0] == changes
    assert len(switch_table(causes)) == changes


def test_switches_know_their_stage_if_the_tracker_tells():
    rows = np.array([[*each, 0.9] for each in on(1, 7, range(1, 11)) + on(1, 8, range(16, 41))])
    gt = np.array([[*box(f, 1, 0.0), 1, 1, 1] for f in range(1, 41)])
    sequence = TrackedSequence('S', gt, rows, 40, RATE)
    scored = evaluate_tracks([sequence], 'MOT15').sequences['S']
    told = {(16, 8): ('overlap', 0.25), (17, 8): ('appearance', 0.9)}
    (cause,) = switch_causes(scored, RATE, decisions=told)
    assert (cause.stage, cause.similarity) == ('overlap', 0.25)
    (untold,) = switch_causes(scored, RATE)
    assert untold.stage == ''
    swapped = cause._replace(kind=TAKEN, stage='appearance', similarity=float('nan'))
    rows = count_stages([cause, swapped, swapped])
    assert [row[0] for row in rows] == ['appearance', 'overlap']
    assert [row[-2] for row in rows] == [2, 1]
    assert rows[1][-1] == 0.25
    assert np.isnan(rows[0][-1])
