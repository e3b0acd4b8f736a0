"""The console command: every command says what it takes, quickly, and scripts do the same."""

import importlib
import subprocess
import sys
from pathlib import Path

import pytest

from mmmaml.commands.console import COMMANDS, main, usage

ROOT = Path(__file__).parents[2]
WANTED = {
    'track',
    'train',
    'test',
    'eval',
    'check',
    'browse',
    'demo',
    'env',
    'submit',
    'fit-prior',
}


def status_of(arguments: list[str]) -> int:
    """Exit status, given back or raised."""
    try:
        return main(arguments)
    except SystemExit as end:
        return int(end.code or 0)


def test_it_has_the_commands_that_users_expect(capsys: pytest.CaptureFixture) -> None:
    assert COMMANDS.keys() >= WANTED
    assert any(words.startswith('convert ') for words in COMMANDS)
    assert main(['--help']) == 0
    printed = capsys.readouterr().out
    assert all(words in printed for words in COMMANDS)
    assert main([]) == 2
    assert main(['trian']) == 2
    assert "there is no command 'trian'" in capsys.readouterr().err
    for arguments in (['convert'], ['convert', 'coco']):
        assert main(arguments) == 2
        assert 'mmmaml: convert needs one of mot2coco, cvat2mot,' in capsys.readouterr().err


def test_no_help_loads_torch() -> None:
    """All in one process: their help is all that they do."""
    lines = ['import sys', 'from mmmaml.commands.console import main']
    quick = [words for words in COMMANDS if words != 'env']  # which imports all there is
    for words in quick:
        lines += ['try:', f'    main({words.split()!r} + ["--help"])']
        lines += ['except SystemExit as end:', '    assert not end.code, end']
        lines += [f'assert "torch" not in sys.modules, {words!r}']
    done = subprocess.run(
        [sys.executable, '-c', '\n'.join(lines)], capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr[-1500:]
    for words in quick:
        assert f'usage: mmmaml {words}' in done.stdout


@pytest.mark.parametrize('words', COMMANDS)
def test_a_script_does_the_same(words: str) -> None:
    name = COMMANDS[words][0]
    module = importlib.import_module(f'mmmaml.{name}')
    if words == 'env':
        return  # python -m mmmaml.env
    (script,) = ROOT.glob(f'tools/**/{name.split(".")[-1]}.py')
    assert f'from mmmaml.{name} import main' in script.read_text()
    assert callable(module.main)


def test_usage_is_aligned() -> None:
    lines = [line for line in usage().splitlines() if line.startswith('  ')]
    assert len({line.index(COMMANDS[line[2:20].strip()][1]) for line in lines}) == 1


@pytest.mark.parametrize('line', ['train C', 'test C', 'browse C', 'demo'])
def test_without_openmmlab_they_say_what_to_install(
    line: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
) -> None:
    options = importlib.import_module('mmmaml.commands.running.runner_options')
    monkeypatch.setattr(options, 'has_openmmlab', lambda: False)
    assert status_of(line.split()) == 2
    assert 'run `bash tools/install.sh`' in capsys.readouterr().err


def test_hints_at_what_was_meant(tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    (tmp_path / 'SEQ' / 'gt').mkdir(parents=True)
    (tmp_path / 'SEQ' / 'gt' / 'gt.txt').write_text('1,1,5,5,20,30,1,1,1\n')
    (tmp_path / 'SEQ.csv').write_text('frame,seconds,id\n')
    folder = str(tmp_path)
    assert main(['eval', '--gt', f'{folder}/SEQ', '--results', folder]) == 2
    assert 'it is a sequence itself: give the folder above it' in capsys.readouterr().err
    options = ['--format', 'mot', '--out-dir', f'{folder}/out']
    assert main(['convert', 'export', f'{folder}/SEQ.csv', *options]) == 2
    assert f'give {folder}/SEQ.txt' in capsys.readouterr().err
