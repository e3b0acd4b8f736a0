import importlib.util
import sys
import zipfile
from pathlib import Path

import pytest

from mmmaml.evaluation.benchmarks import benchmark_videos

TOOLS = Path(__file__).parents[2] / 'tools'


@pytest.fixture
def make_submission(monkeypatch):
    monkeypatch.syspath_prepend(str(TOOLS))
    spec = importlib.util.spec_from_file_location('make_submission', TOOLS / 'make_submission.py')
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, spec.name, module)
    spec.loader.exec_module(module)
    return module.main


@pytest.fixture
def results(tmp_path):
    folder = tmp_path / 'results'
    folder.mkdir()
    for video in benchmark_videos('MOT17', 'test'):
        (folder / f'{video}-FRCNN.txt').write_text('1,0,1,1,2,2,0.5,-1,-1,-1\n')
    return folder


def test_a_submission_says_what_was_done(make_submission, results, tmp_path, capsys):
    (results / 'MOT17-14-FRCNN.txt').write_text('')
    (results / 'notes.txt').write_text('')
    out = tmp_path / 'mot17.zip'
    options = ['--benchmark', 'MOT17', '--split', 'test', '--copy-detectors', '--out', str(out)]

    assert make_submission([str(results), *options]) == 0

    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith('copied: MOT17-01-DPM from MOT17-01-FRCNN.txt, MOT17-01-SDP from')
    assert lines[1].startswith('ids counted from 0, now from 1: MOT17-01-FRCNN, MOT17-03-FRCNN')
    assert lines[2:] == [
        'without any track: MOT17-14-FRCNN, MOT17-14-DPM, MOT17-14-SDP',
        'not asked for, left out: notes.txt',
        f'{out}: 21 sequences, 18 rows, checked',
    ]
    with zipfile.ZipFile(out) as archive:
        assert len(archive.namelist()) == 21


@pytest.mark.parametrize(
    ('options', 'message'),
    [
        (['--out', 'a.zip'], 'that the server asks for on MOT17'),
        (['--out', 'a.zip', '--split', 'test'], 'MOT17-01-DPM.txt'),
        (['--out', 'a.tar'], '--out a.tar must end in .zip'),
    ],
)
def test_what_cannot_be_submitted_is_one_sentence(
    make_submission, results, tmp_path, monkeypatch, capsys, options, message
):
    monkeypatch.chdir(tmp_path)

    assert make_submission([str(results), '--benchmark', 'MOT17', *options]) == 2

    error = capsys.readouterr().err
    assert message in error
    assert error.count('\n') == 1
    assert list(tmp_path.iterdir()) == [results]


def test_ctrl_c_leaves_the_old_file(make_submission, results, tmp_path, monkeypatch, capsys):
    out = tmp_path / 'a.zip'
    out.write_text('old')

    def interrupt(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(zipfile.ZipFile, 'writestr', interrupt)
    options = ['--benchmark', 'MOT17', '--split', 'test', '--copy-detectors', '--out', str(out)]

    assert make_submission([str(results), *options]) == 130
    assert 'stopped by Ctrl-C' in capsys.readouterr().err
    assert out.read_text() == 'old'
    assert sorted(each.name for each in tmp_path.iterdir()) == ['a.zip', 'results']


def test_mot15_is_packed_by_the_names_of_its_videos(make_submission, tmp_path, capsys):
    folder = tmp_path / 'r'
    folder.mkdir()
    for video in benchmark_videos('MOT15'):
        (folder / f'{video}.txt').write_text('1,1,1,1,2,2,0.5,-1,-1,-1\n')
    out = tmp_path / 'mot15.zip'

    assert make_submission([str(folder), '--benchmark', 'MOT15', '--out', str(out)]) == 0

    assert f'{out}: 22 sequences, 22 rows, checked' in capsys.readouterr().out
    with zipfile.ZipFile(out) as archive:
        assert 'PETS09-S2L1.txt' in archive.namelist()
    (folder / 'Venice-1.txt').unlink()
    assert make_submission([str(folder), '--benchmark', 'MOT15', '--out', str(out)]) == 2
    assert 'lacks 1 that the server asks for on MOT15: Venice-1.txt' in capsys.readouterr().err


def test_no_archive_replaces_results(make_submission, results, capsys):
    (results / 'link.txt').symlink_to(results / 'a.zip')
    (results / 'a.zip').write_text('results')
    options = ['--benchmark', 'MOT17', '--split', 'test', '--copy-detectors']

    assert make_submission([str(results), *options, '--out', str(results / 'a.zip')]) == 2

    assert 'which is read' in capsys.readouterr().err
    assert (results / 'a.zip').read_text() == 'results'
