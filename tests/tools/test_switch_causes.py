"""The causes of ID switches, from the command line."""

import csv
import importlib
from pathlib import Path

import pytest

from tests.scored_run import write_run

TOOLS = Path(__file__).parents[2] / 'tools' / 'analysis_tools'


@pytest.fixture
def tool(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.syspath_prepend(str(TOOLS))
    return importlib.import_module('switch_causes').main


def test_causes_of_a_run(tool, tmp_path, capsys):
    run = write_run(tmp_path)
    table, page = tmp_path / 'switches.csv', tmp_path / 'causes.md'
    assert tool([str(run), '--csv', str(table), '--markdown', str(page)]) == 0
    said = capsys.readouterr().out
    assert '1 switches by the event log' in said
    assert f'error_video.py {run}' in said
    (row,) = csv.DictReader(table.read_text().splitlines())
    assert (row['sequence'], row['frame'], row['old_id'], row['new_id']) == ('WALK', '8', '7', '8')
    assert row['kind'] == 'a new track'
    assert '| a new track | 1 | 0 | 1 |' in page.read_text()


def test_causes_of_folders(tool, tmp_path, capsys):
    run = write_run(tmp_path)
    arguments = ['--gt', str(run / 'gt'), '--results', str(run / 'results'), '--fps', '10']
    assert tool([*arguments, '--sequences', 'WALK']) == 0
    said = capsys.readouterr().out
    assert '1 switches by the event log' in said
    assert 'error_video' not in said


@pytest.mark.parametrize(
    ('arguments', 'message'),
    [
        ([], 'give WORK_DIR, or both --gt and --results'),
        (['RUN', '--gt', 'RUN/gt'], 'not both'),
        (['--gt', 'RUN/gt', '--results', 'RUN/results'], 'of WALK is not known: give --fps'),
        (['RUN', '--sequences', 'RUN'], 'has no sequence'),
    ],
)
def test_what_is_missing_is_told(tool, tmp_path, capsys, arguments, message):
    run = write_run(tmp_path)
    given = [each.replace('RUN', str(run)) for each in arguments]
    if '--gt' in given and '--results' in given:
        given += ['--sequences', 'WALK']
    status = 2
    try:
        status = tool(given)
    except SystemExit as end:
        status = end.code
    assert status == 2
    assert message in capsys.readouterr().err
