import re
from pathlib import Path

import pytest

from mmmaml.datasets.checks.check_rows import check_detections, check_truth
from mmmaml.utils.mot_files import SequenceInfo

INFO = SequenceInfo('S', Path('S'), 'img1', '.jpg', 25.0, num_frames=4, width=64, height=48)
GOOD = '1,7,5,5,20,30,1,1,1\n'


def truth(tmp_path, text, info=INFO):
    path = tmp_path / 'gt.txt'
    path.write_text(text)
    return check_truth(path, info)


def found(problems):
    return [(each.severity, each.lines, each.message.split(' (')[0]) for each in problems]


def test_nothing_is_wrong_with_good_rows(tmp_path):
    report = truth(tmp_path, GOOD + '2,7,-5,5,20,30,1,1,0.4\n4,9,60,5,20,30,0,7,1\n')

    assert report.problems == []
    assert (report.num_boxes, report.num_identities, report.num_trainable) == (3, 2, 2)


@pytest.mark.parametrize(
    ('text', 'severity', 'lines', 'message'),
    [
        ('x\n' + GOOD, 'error', (1,), "'x' has 1 columns, expected 6 to 10"),
        (GOOD + '\n2,7,5\n3,7,5\n', 'error', (3, 4), "'2,7,5' has 3 columns, expected 6 to 10"),
        (GOOD + '2,7,5,5,20,30,1\n', 'error', (2,), 'has 7 columns, the rows before it 9'),
        (GOOD + '0,7,5,5,20,30,1,1,1\n', 'error', (2,), 'frame >= 1'),
        (GOOD + GOOD + GOOD, 'error', (2, 3), 'ids that are in their frame already'),
        (GOOD + '2,7,5,5,20,30,1,14,1\n', 'error', (2,), 'none of 1 to 13'),
        (GOOD + '2,7,5,5,20,30,1,4.48,1\n', 'error', (2,), 'MOT15'),
        (GOOD + '5,7,5,5,20,30,1,1,1\n', 'warning', (2,), r'after the last frame \(4\)'),
        (GOOD + '2,7,5,5,0,30,1,1,1\n', 'warning', (2,), 'without width or height'),
        (GOOD + '2,7,64,5,20,30,1,1,1\n', 'warning', (2,), 'wholly outside the image of 64x48'),
        (GOOD + '2,7,5,-30,20,30,1,1,1\n', 'warning', (2,), 'wholly outside'),
        (GOOD + '2,-1,5,5,20,30,1,1,1\n', 'warning', (2,), 'without identity'),
        (GOOD + '2,7,5,5,20,30,0.7,1,1\n', 'error', (2,), 'flag .column 7. is 0.7: write 1'),
        (GOOD + '2,7,5,5,20,30,2,1,1\n', 'warning', (2,), 'neither 0 nor 1'),
        (GOOD + '2,7,5,5,20,30,1,-1,1\n', 'error', (2,), 'is -1, but other rows state one'),
        (GOOD + '2,7,5,,5,20,30,1,1\n', 'error', (2,), 'has nothing in column 4'),
        (GOOD + '2 7 5,5 5 20,1 30 1 1 1\n', 'error', (2,), 'not 261,4'),
        (GOOD + '2,7,5,5,20,30,1,1,1.5\n', 'warning', (2,), 'not between 0 and 1'),
        (GOOD + '2,7,5,5,20,30,1,1,-1\n', 'warning', (2,), 'people count as wholly visible'),
        ('2,7,5,5,20,30,1,1,1\n2,8,5,5,9,9,1,1,1\n' + GOOD, 'warning', (3,), 'sorted neither'),
        ('1,7,5,5,20,30\n', 'warning', (), 'has 6 of 9 columns'),
        ('1,7,5,5,20,30,1\n', 'warning', (), 'has 7 of 9 columns'),
        ('1,7,5,5,20,30,1,1,1,0\n', 'error', (1,), 'remove the tenth column'),
        ('1,7,5,5,20,30,1,4.25,-1.5,0\n', 'warning', (), 'places in the world'),
        ('1,7,5,5,20,30,0,1,1\n', 'error', (), 'no box counts .*: 1 pedestrians of flag 0'),
        ('1,7,5,5,20,30,1,3,1\n', 'warning', (), 'no box counts .*: 1 boxes of other classes'),
        ('9,7,5,5,20,30,1,1,1\n', 'error', (), 'off by 8. Subtract 8'),
        ('', 'warning', (), 'holds no row'),
    ],
)
def test_each_problem_alone(tmp_path, text, severity, lines, message):
    (problem,) = truth(tmp_path, text).problems

    assert (problem.severity, problem.lines) == (severity, lines)
    assert re.search(message, problem.message)


def test_all_problems_at_once(tmp_path):
    report = truth(
        tmp_path, GOOD + 'x\n9,7,5,5,20,30,1,1,1\n1,7,5,5,9,9,1,99,1\n1,8,5,5,9,9,1,1\n'
    )

    assert found(report.problems) == [
        ('error', (2,), "'x' has 1 columns, expected 6 to 10"),
        ('error', (5,), "'1,8,5,5,9,9,1,1' has 8 columns, the rows before it 9"),
        ('error', (4,), 'the class'),
        ('warning', (4,), 'rows are sorted neither by frame nor by id and frame; that is put '
         'right on reading'),
        ('warning', (3,), 'rows after the last frame'),
        ('error', (4,), 'ids that are in their frame already: a person can be in one place only; '
         'remove the rows, or give boxes without identity the id -1'),
            ]  # fmt: skip
    assert (report.num_boxes, report.num_identities) == (2, 1)


@pytest.mark.parametrize('text', ['1,7,5,5,20,30\n', '1,7,5,5,20,30,-1,-1,-1,-1\n'])
def test_rows_without_class_are_considered_pedestrians(tmp_path, text):
    assert truth(tmp_path, text).num_trainable == 1


@pytest.mark.parametrize(
    'row', ['1,7,5,5,20,30,0,1,1', '1,7,5,5,20,30,1,3,1', '1,-1,5,5,2,3,1,1,1']
)
def test_what_cannot_be_learned_from(tmp_path, row):
    assert truth(tmp_path, row).num_trainable == 0


def test_the_order_of_ids_is_as_good_as_that_of_frames(tmp_path):
    by_id = '1,7,5,5,9,9,1,1,1\n2,7,5,5,9,9,1,1,1\n1,8,5,5,9,9,1,1,1\n'
    by_frame = '1,8,5,5,9,9,1,1,1\n1,7,5,5,9,9,1,1,1\n2,7,5,5,9,9,1,1,1\n'
    assert truth(tmp_path, by_id).problems == truth(tmp_path, by_frame).problems == []


def test_ids_in_rows_that_are_dropped_do_not_clash(tmp_path):
    report = truth(tmp_path, GOOD + '5,7,5,5,20,30,1,1,1\n5,7,5,5,20,30,1,1,1\n')

    assert [each.severity for each in report.problems] == ['warning']


def test_without_seqinfo_rows_are_checked_as_far_as_possible(tmp_path):
    report = truth(tmp_path, GOOD + GOOD + '9,7,999,5,20,30,1,1,1\n', info=None)

    assert [each.lines for each in report.problems] == [(2,)]


def test_detections_are_checked_too(tmp_path):
    path = tmp_path / 'det.txt'
    path.write_text('2,-1,5,5,20,30,0.9\n1,-1,5,5,20,30,0.9\n1,-1,5,5,9,9,x\n7,-1,5,5,20,30,0.9\n')
    problems = check_detections(path, INFO)

    assert [(each.severity, each.lines) for each in problems] == [
        ('error', (3,)),
        ('warning', (4,)),
    ]
