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


def test_stage_and_similarity_of_a_switch(tool, tmp_path, capsys):
    run = write_run(tmp_path)
    results = run / 'results'
    arguments = ['--gt', str(run / 'gt'), '--results', str(results), '--fps', '10']
    arguments += ['--sequences', 'WALK', '--decisions']
    assert tool(arguments) == 2
    assert 'WALK_decisions.csv does not exist: track again' in capsys.readouterr().err
    (results / 'WALK_decisions.csv').write_text(
        'frame,id,stage,similarity\n1,3,overlap,\n8,8,reentry,0.375\n'
    )
    table, page = results / 'switches.csv', results / 'causes.md'
    for _ in range(2):  # they lie beside what is read, and are replaced
        assert tool([*arguments, '--csv', str(table), '--markdown', str(page)]) == 0
    (row,) = csv.DictReader(table.read_text().splitlines())
    assert (row['stage'], row['similarity']) == ('reentry', '0.375')
    assert '| reentry | 1 | 0 | 0 | 0 | 1 | 0.38 |' in page.read_text()
    assert tool([*arguments, '--csv', str(results / 'WALK_decisions.csv')]) == 2
    assert 'which is read' in capsys.readouterr().err


@pytest.mark.parametrize(
    ('arguments', 'message'),
    [
        (['RUN', '--decisions'], 'give --gt and --results in place of WORK_DIR'),
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
