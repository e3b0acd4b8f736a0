import numpy as np
import pandas as pd
import pytest

from mmmaml.visualization.figures import figure_to_svg
from mmmaml.visualization.figures.timeline import (
    NO_TRACK,
    errors_per_frame,
    spans_of,
    timeline_figure,
)


def spans(events) -> list[tuple[int, ...]]:
    found = spans_of(events)
    return list(
        zip(*(each.tolist() for each in vars(found).values()), strict=True)
    )  # person, track, first, last


def test_stretches_end_where_id_or_presence_does(run):
    assert spans(run.evaluation.sequences['WALK'].events) == [
        (1, 7, 1, 6),
        (1, NO_TRACK, 7, 7),
        (1, 8, 8, 12),
        (2, 3, 1, 4),
        (2, 3, 9, 12),
    ]
    assert spans(run.evaluation.sequences['EMPTY'].events) == []


def test_errors_are_counted_by_frame(run):
    counts = errors_per_frame(run.evaluation.sequences['WALK'].events, 12)
    assert {kind: np.flatnonzero(each).tolist() for kind, each in counts.items()} == {
        'miss': [6],
        'false_positive': [1],
        'switch': [7],
    }


def test_rows_are_people_in_seconds_with_ids_and_switches(run):
    figure = timeline_figure(run.evaluation.sequences['WALK'].events, 12, 10.0)
    people, errors = figure.axes
    assert [label.get_text() for label in people.get_yticklabels()] == ['1', '2']
    assert people.get_xlim() == (0, 1.2)
    assert errors.get_xlabel() == 'seconds'
    missed, tracked = people.collections
    assert [each.tolist() for each in missed.get_segments()] == [[[0.6, 0], [0.7, 0]]]
    assert len(tracked.get_segments()) == 4
    assert people.lines[0].get_xydata().tolist() == [[0.7, 0]]
    assert [text.get_text() for text in people.texts] == ['7', '8', '3']
    assert 'most errors' not in people.get_title()


def test_the_worst_people_are_shown_in_order_of_time(run):
    events = run.evaluation.sequences['WALK'].events
    one = timeline_figure(events, 12, max_people=1)
    assert [label.get_text() for label in one.axes[0].get_yticklabels()] == ['1']
    assert '1 of 2 with most errors' in one.axes[0].get_title()
    assert one.axes[1].get_xlabel() == 'frame'


def test_a_crowd_makes_a_higher_picture_and_nobody_makes_one_too(run):
    rows = [[1, 'miss', person, None, np.nan] for person in range(1, 101)]
    crowd = pd.DataFrame(rows, columns=['frame', 'type', 'gt_id', 'track_id', 'iou'])
    crowd = crowd.astype({'gt_id': 'Int64', 'track_id': 'Int64'})
    heights = [
        timeline_figure(crowd, 1, max_people=number).get_size_inches()[1]
        for number in (10, 60, None)
    ]
    assert heights == sorted(heights)
    assert heights[2] > 2 * heights[0]
    assert '<svg' in figure_to_svg(timeline_figure(run.evaluation.sequences['EMPTY'].events, 12))


def test_senseless_numbers_are_refused(run):
    with pytest.raises(ValueError, match='max_people=0'):
        timeline_figure(run.evaluation.sequences['WALK'].events, 12, max_people=0)
    with pytest.raises(ValueError, match='num_frames=0'):
        timeline_figure(run.evaluation.sequences['WALK'].events, 0)
