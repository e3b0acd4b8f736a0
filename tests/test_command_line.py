"""The end of tools: by one sentence, in bad input as after Ctrl-C, at any moment."""

import argparse
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from mmmaml import command_line
from mmmaml.command_line import fold, on_interrupt, one_sentence, run_command

ROOT = Path(__file__).parents[1]
LIBRARIES = ('numpy', 'torch', 'mmengine', 'mmcv', 'cv2', 'rich', 'psutil', 'matplotlib')
TOOLS = sorted(
    path.relative_to(ROOT).as_posix()
    for path in (ROOT / 'tools').rglob('*.py')
    if "__name__ == '__main__'" in (text := path.read_text()) and 'mmmaml' in text
)


def arguments_of(tool: str) -> list[str]:
    """Arguments of ``python`` that start a tool."""
    if '/benchmarks/' not in tool:
        return [str(ROOT / tool)]
    return ['-m', tool.removesuffix('.py').removesuffix('/__main__').replace('/', '.')]


@pytest.fixture(autouse=True)
def state(monkeypatch):
    monkeypatch.setattr(command_line, '_left', command_line._left)


@pytest.fixture
def parser() -> argparse.ArgumentParser:
    return argparse.ArgumentParser(prog='tool.py')


def interrupt(args):
    raise KeyboardInterrupt


def test_the_status_is_that_of_the_command(parser, capsys):
    assert run_command(parser, [], lambda args: 3) == 3
    assert capsys.readouterr() == ('', '')


@pytest.mark.parametrize(
    ('error', 'status', 'said'),
    [
        (ValueError('two\n  lines'), 2, 'two lines'),
        (FileNotFoundError('a.txt does not exist'), 2, 'a.txt does not exist'),
        (ValueError(), 2, 'ValueError:  (--debug shows where)'),
        (RuntimeError('oh'), 1, 'RuntimeError: oh (--debug shows where)'),
    ],
)
def test_errors_are_one_sentence_unless_debugged(parser, capsys, error, status, said):
    def command(args):
        raise error

    assert run_command(parser, [], command) == status
    assert capsys.readouterr().err == f'tool.py: {said}\n'
    with pytest.raises(type(error)):
        run_command(argparse.ArgumentParser(), ['--debug'], command)


def test_ctrl_c_says_what_is_left(parser, capsys):
    assert run_command(parser, [], interrupt) == 130
    assert capsys.readouterr().err == (
        'tool.py: stopped by Ctrl-C: output files are written at the end, each whole or not at '
        'all\n'
    )

    def command(args):
        done = ['a']
        on_interrupt(lambda: f'written: {", ".join(done)}')
        done.append('b')
        raise KeyboardInterrupt

    assert run_command(argparse.ArgumentParser('x'), [], command) == 130
    assert capsys.readouterr().err == 'x: stopped by Ctrl-C: written: a, b\n'


def test_only_some_errors_are_told_in_a_sentence(parser):
    with pytest.raises(KeyError), one_sentence(parser):
        raise KeyError('a')
    with pytest.raises(ValueError, match='seen'), one_sentence(parser, lambda: True):
        raise ValueError('seen')
    with pytest.raises(SystemExit) as end, one_sentence(parser, lambda: False):
        raise ValueError('seen')
    assert end.value.code == 2


def test_fold_keeps_what_a_missing_file_is_called():
    with pytest.raises(OSError, match='no/such/file') as raised:
        Path('/no/such/file').read_text()
    assert fold(raised.value) == "[Errno 2] No such file or directory: '/no/such/file'"


@pytest.mark.skipif(os.name != 'posix', reason='signals of POSIX')
@pytest.mark.parametrize('tool', TOOLS)
def test_ctrl_c_during_the_imports_leaves_no_traceback(tool, tmp_path):
    for name in LIBRARIES:
        (tmp_path / f'{name}.py').write_text(
            'import os, signal\nos.kill(os.getpid(), signal.SIGINT)\nimport time; time.sleep(9)\n'
        )
    environment = {**os.environ, 'PYTHONPATH': f'{tmp_path}{os.pathsep}{ROOT}'}
    done = subprocess.run(
        [sys.executable, *arguments_of(tool)],
        env=environment,
        # Jobs in the background of a script ignore it, and what they start does, too.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
        capture_output=True,
        text=True,
        timeout=60,
    )
    if done.returncode == 2:  # it imports none of them before it has read its command line
        assert done.stderr.startswith('usage: ')
    else:
        assert re.fullmatch(r'(\w+\.py: )?stopped by Ctrl-C: [^\n]*\n', done.stderr)
        assert done.returncode in (-signal.SIGINT, command_line.INTERRUPTED)


def test_other_errors_during_the_imports_keep_their_traceback(tmp_path):
    (tmp_path / 'rich.py').write_text('raise RuntimeError("broken")\n')
    environment = {**os.environ, 'PYTHONPATH': f'{tmp_path}{os.pathsep}{ROOT}'}
    tool = ROOT / 'tools' / 'analysis_tools' / 'error_video.py'
    done = subprocess.run([sys.executable, tool], env=environment, capture_output=True, text=True)
    assert 'Traceback' in done.stderr
    assert 'RuntimeError: broken' in done.stderr
