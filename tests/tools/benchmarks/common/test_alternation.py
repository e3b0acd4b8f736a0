"""Runs of one script with the packages of several checkouts."""

import os
from pathlib import Path

import pytest

from tools.benchmarks.common import alternation
from tools.benchmarks.common.alternation import run_in_turn

SCRIPT = """
import json
import pathlib
import sys

import mmmaml

*words, _, out = sys.argv[1:]
if 'fail' in words:
    sys.exit('it failed')
log = pathlib.Path(words[0])
with log.open('a') as file:
    file.write(mmmaml.NAME + ' ')
pathlib.Path(out).write_text(json.dumps({'name': mmmaml.NAME, 'words': words[1:]}))
"""


@pytest.fixture
def checkouts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Path]:
    """Two checkouts whose packages know their name, and tools of a third one."""
    monkeypatch.setenv('PYTHONPATH', os.pathsep.join([str(tmp_path / 'old')]))
    (tmp_path / 'tools').mkdir()
    (tmp_path / 'tools' / '__init__.py').touch()
    (tmp_path / 'tools' / 'script.py').write_text(SCRIPT)
    monkeypatch.setattr(alternation, 'TOOLS', tmp_path / 'tools')
    folders = {name: tmp_path / name for name in ('old', 'new')}
    for name, folder in folders.items():
        (folder / 'mmmaml').mkdir(parents=True)
        (folder / 'mmmaml' / '__init__.py').write_text(f'NAME = {name!r}\n')
    return folders


def test_each_run_has_the_package_of_its_checkout(checkouts, tmp_path):
    log = tmp_path / 'log.txt'
    results = run_in_turn('tools.script', [str(log), '--seed', '0'], checkouts, rounds=2)
    expected = {name: 2 * [{'name': name, 'words': ['--seed', '0']}] for name in ('old', 'new')}
    assert results == expected
    assert log.read_text().split() == ['old', 'new', 'new', 'old']


def test_what_failed_is_told(checkouts, tmp_path):
    with pytest.raises(RuntimeError, match=r'(?s)package of old \(.*it failed'):
        run_in_turn('tools.script', ['fail'], checkouts, rounds=1)
    with pytest.raises(FileNotFoundError, match='give the root of a checkout'):
        run_in_turn('tools.script', [], {'none': tmp_path}, rounds=1)
