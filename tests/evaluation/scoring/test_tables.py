import json
import math
from dataclasses import replace

import pytest

from mmmaml.evaluation import Kept, TrackedSequence, evaluate_tracks
from mmmaml.evaluation.scoring.tables import evaluation_to_json, markdown_table, terminal_table


@pytest.fixture
def evaluation(crossing):
    gt, tracks, _ = crossing
    return evaluate_tracks([TrackedSequence('MOT17-02', gt, tracks, 5)])


def renamed(evaluation, **reentry):
    """The evaluation, its only sequence once under each name and with other outcomes."""
    (scored,) = evaluation.sequences.values()
    sequences = {name: replace(scored, reentry=kept) for name, kept in reentry.items()}
    return replace(evaluation, sequences=sequences)


def test_markdown_shows_percent_and_counts(evaluation):
    lines = markdown_table(evaluation, cross_check=True).splitlines()

    cells = '| 87.2 | 100.0 | 76.0 | 90.0 | 80.0 | 1 | 2 | 0 | 0 | 0 | 0 | 90.0 | 80.0 | 1 |'
    assert lines[0].startswith('| Sequence | HOTA | DetA | AssA | MOTA | IDF1 | IDs |')
    assert lines[2] == f'| MOT17-02 {cells}'
    assert lines[3] == f'| OVERALL {cells}'
    assert 'differ' in lines[-1]


def test_markdown_without_cross_check_is_only_a_table(evaluation):
    lines = markdown_table(evaluation).splitlines()

    assert len(lines) == 4
    assert 'mm' not in lines[0]


def test_terminal_table_cuts_nothing(evaluation):
    name = 'A-SEQUENCE-WITH-A-VERY-LONG-NAME-' * 5
    text = terminal_table(renamed(evaluation, **{name: None}), cross_check=True)

    assert name in text
    assert 'IDs (mm)' in text
    assert '…' not in text


def test_json_holds_fractions_and_null_for_what_is_no_number(evaluation):
    (scored,) = evaluation.sequences.values()
    nowhere = replace(scored, cross_check={'MOTA': -math.inf, 'IDF1': math.nan, 'IDs': 0})
    evaluation = replace(
        evaluation, cross_check={'MOTA': math.nan, 'IDF1': 0.5, 'IDs': 0}, sequences={'S': nowhere}
    )

    document = json.loads(evaluation_to_json(evaluation))

    assert document['benchmark'] == 'MOT17'
    assert document['overall']['MOTA'] == pytest.approx(0.9)
    assert document['sequences']['S']['IDs'] == 1
    assert document['motmetrics']['overall']['MOTA'] is None
    assert document['motmetrics']['sequences']['S'] == {'MOTA': None, 'IDF1': None, 'IDs': 0}
    assert '| - | 50.0 | 0 |' in markdown_table(evaluation, cross_check=True)


def test_reentry_stands_beside_the_scores_of_those_that_have_any(evaluation):
    kept = {1.0: Kept(2, 3), 2.5: Kept(0, 0)}, {1.0: Kept(1, 1), 2.5: Kept(0, 1)}
    three = renamed(evaluation, A=kept[0], B=None, C=kept[1])

    lines = markdown_table(three).splitlines()
    assert lines[0].endswith('| Frag | kept 1 s | kept 2.5 s |')
    ends = ['0 | 2/3 | 0/0 |', '0 | - | - |', '0 | 1/1 | 0/1 |', '0 | 3/4 | 0/1 |']
    assert all(line.endswith(end) for line, end in zip(lines[2:], ends, strict=True))
    assert '3/4' in terminal_table(three)

    found = json.loads(evaluation_to_json(three))['reentry']
    assert found['overall'] == {'1': {'kept': 3, 'total': 4}, '2.5': {'kept': 0, 'total': 1}}
    assert found['sequences']['A']['1'] == {'kept': 2, 'total': 3}
    assert 'reentry' not in json.loads(evaluation_to_json(evaluation))
    assert 'kept' not in markdown_table(evaluation)
