"""Commands that run side by side."""

import sys
from pathlib import Path

import pytest

from tools.benchmarks.common.commands import Command, run_command, run_side_by_side


def python(name: str, code: str, folder: Path) -> Command:
    return Command(name, (sys.executable, '-c', code), folder / 'logs' / f'{name}.log')


def test_output_goes_to_the_log_of_one_thread(tmp_path: Path) -> None:
    code = "import os, sys; print(os.environ['OMP_NUM_THREADS']); print('bad', file=sys.stderr)"
    command = python('say', code, tmp_path)
    run_command(command)
    done = run_command(command)
    assert done.command == command
    assert 0 < done.seconds < 10
    assert sorted(command.log.read_text().split()) == ['1', '1', 'bad', 'bad']


def test_all_are_finished_in_any_number(tmp_path: Path) -> None:
    commands = [python(f'c{k}', f'print({k})', tmp_path) for k in range(3)]
    assert {each.command.name for each in run_side_by_side(commands, 2)} == {'c0', 'c1', 'c2'}
    assert [each.log.read_text().strip() for each in commands] == ['0', '1', '2']


def test_the_first_that_fails_ends_it_all(tmp_path: Path) -> None:
    fails = python('fails', "raise SystemExit('no such weights')", tmp_path)
    later = [python(f'later{k}', 'import time; time.sleep(0.2)', tmp_path) for k in range(3)]
    with pytest.raises(ChildProcessError, match=r'ended with status 1: no such weights .*log'):
        list(run_side_by_side([fails, *later], 1))
    assert not later[-1].log.exists()
