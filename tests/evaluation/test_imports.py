"""Scoring and packing need no torch, and the command lines load no scorer to be parsed."""

import subprocess
import sys
from pathlib import Path

import pytest

import mmmaml.evaluation
from tests.evaluation.track_files import write_tracks, write_truth

TOOLS = Path(__file__).parents[2] / 'tools'
WITHOUT = """
import runpy, sys
sys.path.insert(0, {tools!r})
for name in {blocked!r}:
    sys.modules[name] = None
sys.argv = {argv!r}
runpy.run_path(sys.argv[0], run_name='__main__')
"""
HEAVY = ('torch', 'mmcv', 'mmdet')
SCORERS = ('trackeval', 'motmetrics', 'pandas', 'scipy', 'rich')


def run(tool, *arguments, blocked):
    path = str(TOOLS / tool)
    code = WITHOUT.format(tools=str(TOOLS), blocked=blocked, argv=[path, *map(str, arguments)])
    return subprocess.run([sys.executable, '-c', code], capture_output=True, text=True)


@pytest.mark.parametrize('tool', ['eval_mot.py', 'make_submission.py'])
def test_help_loads_no_scorer(tool):
    result = run(tool, '--help', blocked=(*HEAVY, *SCORERS, 'mmengine', 'numpy'))
    assert (result.returncode, result.stderr) == (0, '')
    assert 'usage' in result.stdout


def test_files_are_scored_without_torch(tmp_path, person, track):
    write_truth(tmp_path / 'gt', 'A', person(1, range(1, 5)), 4)
    write_tracks(tmp_path / 'r', 'A', track(1, range(1, 4)))
    folders = ('--gt', tmp_path / 'gt', '--results', tmp_path / 'r')
    result = run('eval_mot.py', *folders, blocked=HEAVY)
    assert (result.returncode, result.stderr) == (0, '')
    assert '75.0' in result.stdout


def test_public_names_are_there():
    names = dir(mmmaml.evaluation)
    assert 'evaluate_tracks' in names
    for name in mmmaml.evaluation._ROOMS:
        assert getattr(mmmaml.evaluation, name).__name__ == name
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        mmmaml.evaluation.nothing  # noqa: B018
