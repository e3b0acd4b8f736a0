import importlib.util
import json
import sys
from pathlib import Path

import numpy as np
import pytest

from mmmaml.evaluation.files import folder_evaluation
from tests.evaluation.track_files import write_tracks, write_truth

TOOLS = Path(__file__).parents[2] / 'tools'


@pytest.fixture
def eval_mot(monkeypatch):
    monkeypatch.syspath_prepend(str(TOOLS))
    spec = importlib.util.spec_from_file_location('eval_mot', TOOLS / 'eval_mot.py')
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, spec.name, module)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def folders(tmp_path):
    """Four frames of one person, of whom the tracker misses the last."""
    rows = np.array([[f, 3, 10, 10, 20, 40, 1, 1, 1] for f in range(1, 5)], dtype=float)
    write_truth(tmp_path / 'gt', 'MY-VIDEO', rows, num_frames=4)
    write_tracks(tmp_path / 'results', 'MY-VIDEO', rows[:3])
    return ['--gt', str(tmp_path / 'gt'), '--results', str(tmp_path / 'results')]


def test_a_table_and_files(eval_mot, folders, tmp_path, capsys):
    json_file, markdown_file = tmp_path / 'out' / 'a.json', tmp_path / 'out' / 'a.md'

    assert (
        eval_mot.main([*folders, '--json', str(json_file), '--markdown', str(markdown_file)]) == 0
    )

    out = capsys.readouterr().out
    assert 'MY-VIDEO' in out
    assert 'kept 10 s' in out
    assert 'with the preprocessing of MOT17' in out
    document = json.loads(json_file.read_text())
    assert (document['benchmark'], document['overall']['MOTA']) == ('MOT17', 0.75)
    assert document['sequences']['MY-VIDEO']['FN'] == 1
    assert document['reentry']['overall']['1'] == {'kept': 0, 'total': 0}
    assert document['notes'] == []
    assert '| OVERALL |' in markdown_file.read_text()


def test_files_may_lie_beside_what_is_read_and_replace_old_ones(
    eval_mot, folders, tmp_path, capsys
):
    beside = ['--json', str(tmp_path / 'results' / 'scores.json')]
    beside += ['--markdown', str(tmp_path / 'gt' / 'scores.md')]
    assert [eval_mot.main([*folders, *beside]) for _ in range(2)] == [0, 0]
    for read in ('results/MY-VIDEO.txt', 'gt/MY-VIDEO/gt/gt.txt', 'gt/MY-VIDEO/seqinfo.ini'):
        before = (tmp_path / read).read_bytes()
        assert eval_mot.main([*folders, '--json', str(tmp_path / read)]) == 2
        assert 'which is read' in capsys.readouterr().err
        assert (tmp_path / read).read_bytes() == before


@pytest.mark.parametrize(
    ('options', 'message'),
    [
        (['--fps', '0'], 'frame_rate=0.0 must be greater than 0'),
        (['--sequences', 'OTHER'], 'no ground truth of OTHER'),
    ],
)
def test_what_cannot_be_scored_is_one_sentence(
    eval_mot, folders, tmp_path, capsys, options, message
):
    assert eval_mot.main([*folders, '--json', str(tmp_path / 'a.json'), *options]) == 2

    error = capsys.readouterr().err
    assert message in error
    assert error.count('\n') == 1
    assert not (tmp_path / 'a.json').exists()


def test_a_malformed_row_is_named(eval_mot, folders, tmp_path, capsys):
    (tmp_path / 'results' / 'MY-VIDEO.txt').write_text('1,2,3\n')

    assert eval_mot.main(folders) == 2
    assert "MY-VIDEO.txt, line 1: '1,2,3' has 3 columns" in capsys.readouterr().err


def test_ctrl_c_leaves_the_old_file(eval_mot, folders, tmp_path, monkeypatch, capsys):
    (tmp_path / 'a.json').write_text('old')

    def interrupt(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(folder_evaluation, 'evaluate_folders', interrupt)

    assert eval_mot.main([*folders, '--json', str(tmp_path / 'a.json')]) == 130
    assert 'stopped by Ctrl-C' in capsys.readouterr().err
    assert (tmp_path / 'a.json').read_text() == 'old'
