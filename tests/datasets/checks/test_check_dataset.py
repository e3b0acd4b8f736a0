import json

import pytest
from rich.console import Console

from mmmaml.datasets import convert_mot
from mmmaml.datasets.checks import check_dataset
from mmmaml.datasets.checks.report import problem_table, report_to_json, summary
from tests.datasets.mot_folder import write_sequence

GOOD = '1,7,5,5,20,30,1,1,1\n'


def paths(report, severity):
    return [each.path.relative_to(report.root).as_posix() for each in report.of(severity)]


def test_generated_data_have_no_problem(mot_root):
    report = check_dataset(mot_root)

    assert report.problems == []
    assert [(each.num_frames, each.num_identities) for each in report.sequences] == [(30, 7)] * 3
    assert all(0 < each.num_trainable < each.num_boxes for each in report.sequences)
    assert summary(report).startswith('3 sequences, 90 frames, ')


def test_dataset_split_and_sequence_are_found(tmp_path):
    folder = write_sequence(tmp_path / 'train' / 'A', GOOD)
    write_sequence(tmp_path / 'test' / 'B', gt=None)
    (tmp_path / 'annotations').mkdir()

    for root, number in ((tmp_path, 2), (tmp_path / 'train', 1), (folder, 1)):
        report = check_dataset(root)
        assert (len(report.sequences), report.problems) == (number, [])


def test_every_sequence_is_checked_whatever_is_wrong_with_the_others(tmp_path):
    (tmp_path / 'train' / 'A' / 'img1').mkdir(parents=True)
    (write_sequence(tmp_path / 'train' / 'B', GOOD + 'x') / 'seqinfo.ini').write_text('[Sequence]')
    write_sequence(tmp_path / 'train' / 'C', GOOD + '5,7,1,1,9,9,1,1,1\n')

    report = check_dataset(tmp_path)

    assert paths(report, 'error') == [
        'train/A/seqinfo.ini',
        'train/A/gt/gt.txt',
        'train/B/seqinfo.ini',
        'train/B/gt/gt.txt',
    ]
    assert report.problems[0].message.startswith('is missing: a MOTChallenge sequence needs it')
    assert report.problems[2].message == "has no key 'frameRate' in [Sequence]"
    assert paths(report, 'warning') == ['train/C/gt/gt.txt']


def test_nobody_to_train_on(tmp_path):
    write_sequence(tmp_path / 'train' / 'A', '1,7,5,5,20,30,0,1,1\n')
    write_sequence(tmp_path / 'test' / 'B', GOOD)

    alone, problem = check_dataset(tmp_path).problems

    assert alone.message.startswith('no box counts as a pedestrian: 1 pedestrians of flag 0')
    assert problem.message.startswith('no sequence has a considered')


@pytest.mark.parametrize(
    'rows',
    [
        '2,7,5,5,20',
        '2,7,5,5,20,30,1',
        '2,7,5,5,20,30,1,1,nan',
        '1,7,5,5,20,30,1,1,1',
        '2,7,5,5,20,30,1,14,1',
        '9,7,5,5,20,30,1,1,1',
        '2,7,5,5,0,30,1,1,1',
        '2,7,500,5,20,30,1,1,1',
        '2,-1,5,5,20,30,1,1,1\n2,-1,5,5,20,30,1,1,1',
        '2,7,5,5,20,30,0.5,1,7',
    ],
)
def test_errors_are_what_the_converter_refuses(tmp_path, rows):
    write_sequence(tmp_path / 'train' / 'A', GOOD + rows)
    report = check_dataset(tmp_path)

    assert report.problems
    try:
        convert_mot(tmp_path)
    except ValueError:
        assert report.of('error')
    else:
        assert not report.of('error')


def test_frames_that_stop_the_converter_are_errors(tmp_path):
    folder = write_sequence(tmp_path / 'train' / 'A', GOOD)
    (folder / 'img1' / '000002.jpg').unlink()
    with pytest.raises(FileNotFoundError):
        convert_mot(tmp_path)
    assert paths(check_dataset(tmp_path, fast=True), 'error') == ['train/A/img1']


@pytest.mark.parametrize('name', ['nothing', '.'])
def test_no_dataset(tmp_path, name):
    with pytest.raises(FileNotFoundError, match=r'does not exist|holds no sequence'):
        check_dataset(tmp_path / name)


def test_table_and_json_say_where(tmp_path):
    write_sequence(tmp_path / 'train' / '[A]', GOOD + GOOD + '9,7,1,1,9,9,1,1,1\n')
    report = check_dataset(tmp_path)
    console = Console(record=True, width=120)
    console.print(problem_table(report))
    lines = [' '.join(line.split()) for line in console.export_text().splitlines()]

    assert [line for line in lines if line.startswith(('error', 'warning'))] == [
        'error train/[A]/gt/gt.txt ids that are in their frame already: a person can be in one '
        'place only; 1',
        'warning train/[A]/gt/gt.txt rows after the last frame (4) are dropped 1',
    ]
    document = json.loads(report_to_json(report))
    assert (document['errors'], document['warnings'], document['fast']) == (1, 1, False)
    assert document['sequences'][0]['boxes_to_train_on'] == 2
    assert [each['place'] for each in document['problems']] == ['line 3', 'line 2']
    assert summary(report) == (
        '1 sequence, 4 frames, 2 boxes: 1 error, 1 warning; training or scores would be wrong'
    )
