import numpy as np
import pandas as pd
import pytest

from mmmaml.visualization.drawing.error_boxes import KINDS, error_boxes, worst_frames


def boxes_of(run, frame):
    walk = run.evaluation.sequences['WALK']
    return error_boxes(walk.events, walk.sequence.gt, walk.sequence.results).of(frame)


def found(errors) -> set[tuple]:
    return {
        (KINDS[kind], label, *bbox)
        for kind, label, bbox in zip(
            errors.kinds.tolist(), errors.labels, errors.bboxes.tolist(), strict=True
        )
    }


def test_every_event_has_its_box_and_label(run):
    assert found(boxes_of(run, 1)) == {
        ('match', '', 10, 40, 30, 90),
        ('match', '', 100, 40, 120, 90),
    }
    assert ('false_positive', '9', 60, 40, 80, 90) in found(boxes_of(run, 2))
    assert found(boxes_of(run, 7)) == {('miss', '1', 10, 40, 30, 90)}
    assert found(boxes_of(run, 8)) == {('switch', '7>8', 10, 40, 30, 90)}
    assert len(boxes_of(run, 13).kinds) == 0


def test_counts_are_told_in_words(run):
    assert boxes_of(run, 2).summary() == '2 matched, 1 false positive, 0 missed, 0 switches'
    assert boxes_of(run, 8).summary() == '0 matched, 0 false positive, 0 missed, 1 switch'


def test_a_sequence_without_boxes_has_no_errors(run):
    empty = run.evaluation.sequences['EMPTY']
    errors = error_boxes(empty.events, empty.sequence.gt, empty.sequence.results)
    assert errors.bboxes.shape == (0, 4)
    assert worst_frames(empty.events, 3, 1) == []


def test_files_of_different_runs_are_refused(run):
    walk = run.evaluation.sequences['WALK']
    with pytest.raises(ValueError, match='track_id 7 in frame 1, the tracks have not'):
        error_boxes(
            walk.events, walk.sequence.gt, walk.sequence.results[walk.sequence.results[:, 1] != 7]
        )
    with pytest.raises(ValueError, match='gt_id 1 in frame 7, the ground truth have not'):
        error_boxes(
            walk.events, walk.sequence.gt[walk.sequence.gt[:, 0] != 7], walk.sequence.results
        )


def test_worst_frames_weigh_switches_and_keep_their_distance(run):
    events = run.evaluation.sequences['WALK'].events
    assert worst_frames(events, 1, 1) == [8]  # a switch
    assert worst_frames(events, 9, 1) == [2, 7, 8]  # no others have errors
    assert worst_frames(events, 9, 5) == [2, 8]
    assert worst_frames(events, 0, 1) == []


def test_a_switch_without_a_known_id_before_is_a_question():
    rows = [[1, 'switch', 4, 2, 1.0]]
    events = pd.DataFrame(rows, columns=['frame', 'type', 'gt_id', 'track_id', 'iou'])
    errors = error_boxes(events, np.zeros((0, 9)), np.array([[1, 2, 0, 0, 5, 5.0]]))
    assert errors.labels == ['?>2']
