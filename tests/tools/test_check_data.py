import importlib.util
import json
import sys
from pathlib import Path

import pytest

from mmmaml.datasets.checks import DatasetCheck
from tests.datasets.mot_folder import write_sequence

TOOLS = Path(__file__).parents[2] / 'tools'
GOOD = '1,7,5,5,20,30,1,1,1\n'


@pytest.fixture
def check_data(monkeypatch):
    monkeypatch.syspath_prepend(str(TOOLS))
    spec = importlib.util.spec_from_file_location('check_data', TOOLS / 'check_data.py')
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, spec.name, module)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize('options', [[], ['--fast']])
def test_a_good_dataset(check_data, mot_root, tmp_path, capsys, options):
    report = tmp_path / 'report.json'

    assert check_data.main([str(mot_root), '--json', str(report), *options]) == 0
    assert '0 errors, 0 warnings; training can read it' in capsys.readouterr().out
    assert json.loads(report.read_text())['fast'] == bool(options)


def test_warnings_do_not_fail_and_errors_do(check_data, tmp_path, capsys):
    truth = write_sequence(tmp_path / 'train' / 'A', GOOD + '9,7,5,5,9,9,1,1,1\n') / 'gt/gt.txt'
    assert check_data.main([str(tmp_path)]) == 0
    assert 'warning' in capsys.readouterr().out

    truth.write_text(GOOD + GOOD)
    assert check_data.main([str(tmp_path)]) == 1
    assert 'training or scores would be wrong' in capsys.readouterr().out


def test_no_dataset_is_one_sentence(check_data, tmp_path, capsys):
    assert check_data.main([str(tmp_path / 'no')]) == 2
    error = capsys.readouterr().err
    assert 'no does not exist or is no folder' in error
    assert error.count('\n') == 1
    with pytest.raises(FileNotFoundError):
        check_data.main([str(tmp_path / 'no'), '--debug'])


def test_ctrl_c_shows_what_was_found_and_writes_nothing(check_data, tmp_path, capsys, monkeypatch):
    write_sequence(tmp_path / 'train' / 'A', GOOD + GOOD)
    write_sequence(tmp_path / 'train' / 'B', GOOD)
    check_sequence = DatasetCheck._check_sequence

    def interrupt(self, folder):
        if folder.name == 'B':
            raise KeyboardInterrupt
        check_sequence(self, folder)

    monkeypatch.setattr(DatasetCheck, '_check_sequence', interrupt)
    report = tmp_path / 'report.json'

    assert check_data.main([str(tmp_path), '--json', str(report)]) == 130
    out, error = capsys.readouterr()
    assert 'train/A/gt/gt.txt' in out
    assert 'stopped by Ctrl-C after 1 of 2 sequences' in error
    assert f'{report} was not written' in error
    assert not report.exists()
