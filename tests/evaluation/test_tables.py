import json
import math

import pytest

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
