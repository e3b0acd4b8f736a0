"""The installed wheel: all commands and configs, from an empty folder, without the clone."""

import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from mmmaml.commands.console import COMMANDS

ROOT = Path(__file__).parents[2]
PARTS = ('setup.py', 'pyproject.toml', 'model-index.yml', 'requirements', 'configs', 'mmmaml')
BUILD = 'from setuptools import build_meta as b; b.build_wheel("out")'
SEVERAL = """
import os, sys
import mmmaml
from mmmaml.commands.console import main
from mmmaml.config_files import config_folder
assert mmmaml.__file__.startswith(sys.argv[1]), mmmaml.__file__
assert str(config_folder()) == os.path.dirname(mmmaml.__file__) + '/.mim/configs'
for line in sys.argv[2:]:
    try:
        status = main(line.split())
    except SystemExit as end:
        status = end.code
    assert not status, (line, status)
"""


@pytest.fixture(scope='module')
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with what the wheel holds, built from a copy of the sources."""
    root = tmp_path_factory.mktemp('wheel')
    for part in PARTS:
        source, target = ROOT / part, root / 'clone' / part
        target.parent.mkdir(exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, target, ignore=shutil.ignore_patterns('__pycache__'))
        else:
            shutil.copy(source, target)
    (root / 'clone' / 'out').mkdir()
    command = [sys.executable, '-c', BUILD]
    subprocess.run(command, cwd=root / 'clone', check=True, capture_output=True)
    (wheel,) = root.glob('clone/out/*.whl')
    zipfile.ZipFile(wheel).extractall(root / 'site')
    shutil.rmtree(root / 'clone')
    return root / 'site'


def run(installed: Path, folder: Path, *lines: str) -> str:
    """Output of command lines, run one after the other in one process."""
    # Its path goes first, before that of an editable installation.
    code = f'import sys; sys.path.insert(0, sys.argv[1])\n{SEVERAL}'
    done = subprocess.run(
        [sys.executable, '-I', '-c', code, str(installed), *lines],
        cwd=folder,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr[-1500:]
    return done.stdout


def test_every_command_is_there(installed: Path, tmp_path: Path) -> None:
    lines = [f'{words} --help' for words in COMMANDS if words != 'env']  # which has no options
    shown = run(installed, tmp_path, *lines)
    assert shown.count('usage: mmmaml ') == len(lines)
    assert not any(tmp_path.iterdir())


def test_configs_are_found_by_name(installed: Path, tmp_path: Path) -> None:
    few = '--frames 12 --people 4 --train 1 --test 1 --size 192 128'
    ways = 'train_dataloader.dataset.num_ways=2'
    browse = f'browse maml-mot_r18_demo --num 1 --cfg-options {ways}'
    shown = run(installed, tmp_path, f'convert demo data/demo {few}', browse)
    assert 'tasks an epoch are drawn in outputs/episodes' in shown
    assert len(list((tmp_path / 'outputs/episodes').glob('*/*.png'))) == 1
