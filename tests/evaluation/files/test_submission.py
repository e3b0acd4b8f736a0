import zipfile

import numpy as np
import pytest

from mmmaml.evaluation.benchmarks import benchmark_videos, sequence_names
from mmmaml.evaluation.files.submission import read_submission, write_submission
from mmmaml.utils.mot_files import read_rows, write_results

ROW = '1,3,0.5,-2.25,10,20,0.75,-1,-1,-1\n'


def write_all(folder, names, text=ROW):
    folder.mkdir(exist_ok=True)
    for name in names:
        (folder / f'{name}.txt').write_text(text)
    return folder


def names_of(benchmark, split='all'):
    return [n for v in benchmark_videos(benchmark, split) for n in sequence_names(benchmark, v)]


@pytest.mark.parametrize(
    ('benchmark', 'split', 'number', 'frames'),
    [
        ('MOT15', 'train', 11, 5500),
        ('MOT15', 'test', 11, 5783),
        ('MOT16', 'train', 7, 5316),
        ('MOT16', 'test', 7, 5919),
        ('MOT17', 'all', 42, 11235),
        ('MOT17', 'test', 21, 5919),
        ('MOT20', 'train', 4, 8931),
        ('MOT20', 'test', 4, 4479),
    ],
)
def test_the_benchmarks_are_complete(benchmark, split, number, frames):
    # Totals as published with the benchmarks.
    assert len(names_of(benchmark, split)) == number
    assert sum(benchmark_videos(benchmark, split).values()) == frames


def test_unknown_benchmark_and_split():
    with pytest.raises(ValueError, match="'MOT18' is unknown, expected one of MOT15, MOT16, MOT1"):
        benchmark_videos('MOT18')
    with pytest.raises(ValueError, match="'val' is unknown, expected one of all, test, train"):
        benchmark_videos('MOT16', 'val')


def test_every_name_is_there_with_ten_columns(tmp_path):
    folder = write_all(tmp_path / 'r', names_of('MOT17'), '1 3 0.5 -2.25 10 20 0.75\n')
    (folder / 'pedestrian_summary.txt').touch()

    submission = read_submission(folder, 'MOT17')

    assert sorted(submission.texts) == sorted(names_of('MOT17'))
    assert set(submission.texts.values()) == {ROW}
    assert (submission.copies, submission.renumbered) == ({}, [])
    assert submission.left_out == ['pedestrian_summary.txt']


def test_half_of_a_benchmark(tmp_path):
    folder = write_all(tmp_path / 'r', names_of('MOT20'))

    submission = read_submission(folder, 'MOT20', 'test')

    assert list(submission.texts) == ['MOT20-04', 'MOT20-06', 'MOT20-07', 'MOT20-08']
    assert submission.left_out[0] == 'MOT20-01.txt'


def test_numbers_are_not_rounded_and_rows_stay_in_order(tmp_path):
    rows = np.array([[5, 9, 1 / 3, 2, 3, 4, 0.123456789], [1, 2, 1e-9, 2, 1e7, 4, 1]])
    lines = [','.join(repr(v) for v in row) + ',-1,-1,-1' for row in rows.tolist()]
    folder = write_all(tmp_path / 'r', names_of('MOT16'), '\n'.join(lines))

    text = read_submission(folder, 'MOT16').texts['MOT16-01']

    (tmp_path / 'a.txt').write_text(text)
    np.testing.assert_array_equal(read_rows(tmp_path / 'a.txt')[:, :7], rows)


def test_all_missing_files_are_named(tmp_path):
    names = names_of('MOT16')
    folder = write_all(tmp_path / 'r', names[:-2])

    with pytest.raises(FileNotFoundError, match=r'lacks 2 .* MOT16-13\.txt, MOT16-14\.txt\.$'):
        read_submission(folder, 'MOT16')
    with pytest.raises(FileNotFoundError, match='does not exist'):
        read_submission(tmp_path / 'no', 'MOT16')


@pytest.mark.parametrize('suffix', ['-FRCNN', ''])
def test_one_detector_is_copied_when_asked_for(tmp_path, suffix):
    videos = benchmark_videos('MOT17', 'test')
    folder = write_all(tmp_path / 'r', [f'{video}{suffix}' for video in videos])

    with pytest.raises(FileNotFoundError, match=r'MOT17-01-DPM\.txt, .*\(--copy-detectors\)'):
        read_submission(folder, 'MOT17', 'test')
    submission = read_submission(folder, 'MOT17', 'test', copy_detectors=True)

    assert sorted(submission.texts) == sorted(names_of('MOT17', 'test'))
    assert submission.copies['MOT17-01-SDP'] == f'MOT17-01{suffix}.txt'
    assert len(submission.copies) == (14 if suffix else 21)
    assert submission.left_out == []


def test_of_two_detectors_none_is_copied(tmp_path):
    names = [n for n in names_of('MOT17', 'test') if not n.endswith('SDP')]
    folder = write_all(tmp_path / 'r', names)

    with pytest.raises(FileNotFoundError, match=r'lacks 7 .*MOT17-01-SDP\.txt'):
        read_submission(folder, 'MOT17', 'test', copy_detectors=True)


@pytest.mark.parametrize(
    ('row', 'message'),
    [
        ('2,3,1,1', 'line 2: .* has 4 columns'),
        ('451,3,1,1,2,2,1,-1,-1,-1', 'frame 451, id 3 lies outside the 450 frames'),
        ('2,-1,1,1,2,2,1,-1,-1,-1', 'id -1 has a negative id'),
        ('1,3,1,1,2,2,1,-1,-1,-1', 'id 3 occurs more than once in this frame'),
        ('2,3,1,1,0,2,1,-1,-1,-1', 'frame 2, id 3 has a box without width or height'),
    ],
)
def test_a_row_that_the_server_would_refuse(tmp_path, row, message):
    folder = write_all(tmp_path / 'r', names_of('MOT17', 'test'))
    (folder / 'MOT17-01-DPM.txt').write_text(ROW + row)

    with pytest.raises(ValueError, match=rf'1 files:\n.*MOT17-01-DPM\.txt.*{message}'):
        read_submission(folder, 'MOT17', 'test')


def test_the_faults_of_all_files_are_told(tmp_path):
    folder = write_all(tmp_path / 'r', names_of('MOT16', 'test'), 'x')

    with pytest.raises(ValueError, match='7 files') as error:
        read_submission(folder, 'MOT16', 'test')
    assert str(error.value).count("line 1: 'x' has 1 columns") == 7


def test_ids_from_zero_are_counted_from_one(tmp_path):
    folder = write_all(tmp_path / 'r', names_of('MOT16', 'test'))
    write_results(
        folder / 'MOT16-01.txt', np.array([[1, 0, 1, 1, 2, 2, 1], [1, 4, 1, 1, 2, 2, 1]])
    )

    submission = read_submission(folder, 'MOT16', 'test')

    lines = submission.texts['MOT16-01'].splitlines()
    assert [line.split(',')[1] for line in lines] == ['1', '5']
    assert submission.renumbered == ['MOT16-01']


def test_the_archive_holds_what_was_given_in_its_root(tmp_path):
    path = tmp_path / 'out' / 'a.zip'
    write_submission(path, {'B': ROW, 'A': ''})
    first = path.read_bytes()
    write_submission(path, {'A': '', 'B': ROW})

    with zipfile.ZipFile(path) as archive:
        assert archive.namelist() == ['A.txt', 'B.txt']
        assert archive.read('B.txt').decode() == ROW
    assert path.read_bytes() == first


def test_an_archive_that_reads_otherwise_is_not_kept(tmp_path, monkeypatch):
    path = tmp_path / 'a.zip'
    write_submission(path, {'A': ROW})
    first = path.read_bytes()
    monkeypatch.setattr(zipfile.ZipFile, 'read', lambda *_: b'')

    with pytest.raises(OSError, match=r'a\.zip was not written'):
        write_submission(path, {'A': ROW, 'B': ROW})
    assert path.read_bytes() == first
    assert [each.name for each in tmp_path.iterdir()] == ['a.zip']
