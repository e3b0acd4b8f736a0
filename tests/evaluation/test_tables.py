import json
import math

import pytest

from mmmaml.evaluation import Kept
from mmmaml.evaluation.tables import markdown_table, scores_to_json, terminal_table
from mmmaml.evaluation.track_evaluation import evaluate_tracks
from mmmaml.evaluation.trackeval_scorer import MOTScores


@pytest.fixture
def evaluation(crossing):
    gt, tracks, _ = crossing
    return evaluate_tracks({'MOT17-02': gt}, {'MOT17-02': tracks}, {'MOT17-02': 5})


def test_markdown_shows_percent_and_counts(evaluation):
    lines = markdown_table(evaluation.scores, evaluation.cross_check).splitlines()

    cells = '| 87.2 | 100.0 | 76.0 | 90.0 | 80.0 | 1 | 2 | 0 | 0 | 0 | 0 | 90.0 | 80.0 | 1 |'
    assert lines[0].startswith('| Sequence | HOTA | DetA | AssA | MOTA | IDF1 | IDs |')
    assert lines[2] == f'| MOT17-02 {cells}'
    assert lines[3] == f'| OVERALL {cells}'
    assert 'differ' in lines[-1]


def test_markdown_without_cross_check_is_only_a_table(evaluation):
    lines = markdown_table(evaluation.scores).splitlines()

    assert len(lines) == 4
    assert 'mm' not in lines[0]


def test_terminal_table_cuts_nothing(evaluation):
    name = 'A-SEQUENCE-WITH-A-VERY-LONG-NAME-' * 5
    row = evaluation.scores.overall
    text = terminal_table(
        MOTScores(row, {name: row}),
        MOTScores(evaluation.cross_check.overall, {name: evaluation.cross_check.overall}),
    )

    assert name in text
    assert 'IDs (mm)' in text
    assert '…' not in text


def test_json_holds_fractions_and_null_for_what_is_no_number(evaluation):
    nowhere = MOTScores({'MOTA': math.nan}, {'S': {'MOTA': -math.inf, 'IDs': 0}})

    document = json.loads(scores_to_json(evaluation.scores, nowhere))

    assert document['overall']['MOTA'] == pytest.approx(0.9)
    assert document['sequences']['MOT17-02']['IDs'] == 1
    assert document['motmetrics']['overall']['MOTA'] is None
    assert document['motmetrics']['sequences']['S'] == {'MOTA': None, 'IDs': 0}
    assert '-' in markdown_table(evaluation.scores)


def test_returns_stand_beside_the_scores_of_those_that_have_any(evaluation):
    row = evaluation.scores.overall
    scores = MOTScores(row, {'A': row, 'B': row, 'C': row})
    reentry = {'A': {1.0: Kept(2, 3), 2.5: Kept(0, 0)}, 'C': {1.0: Kept(1, 1), 2.5: Kept(0, 1)}}

    lines = markdown_table(scores, None, reentry).splitlines()
    assert lines[0].endswith('| Frag | kept 1 s | kept 2.5 s |')
    ends = ['0 | 2/3 | 0/0 |', '0 | - | - |', '0 | 1/1 | 0/1 |', '0 | 3/4 | 0/1 |']
    assert all(line.endswith(end) for line, end in zip(lines[2:], ends, strict=True))
    assert '3/4' in terminal_table(scores, None, reentry)

    found = json.loads(scores_to_json(scores, None, reentry))['reentry']
    assert found['overall'] == {'1': {'kept': 3, 'total': 4}, '2.5': {'kept': 0, 'total': 1}}
    assert found['sequences']['A']['1'] == {'kept': 2, 'total': 3}
    assert 'reentry' not in json.loads(scores_to_json(scores))
    assert 'kept' not in markdown_table(scores, None, {})
