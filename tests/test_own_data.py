"""The recipe of docs/own_data.md, read from the page and walked through from start to end."""

import importlib.util
import re
import shlex
import shutil
import sys
from pathlib import Path

import cv2
import pytest

from mmmaml.utils.mot_files import read_rows
from mmmaml.visualization.videos import video_writer

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / 'docs' / 'own_data.md').read_text()
# A smaller network, and one epoch in the place of the 20 that the page names.
SMALL = [
    'model.reid.backbone.base_channels=4',
    'model.reid.head.in_channels=32',
    'train_cfg.max_epochs=1',
    'log_level=ERROR',
]
CONFIGURED = ('train', 'test', 'track', 'browse_episodes')


def blocks(language: str) -> list[str]:
    return re.findall(rf'^```{language}\n(.*?)^```', PAGE, re.M | re.S)


def commands() -> list[list[str]]:
    """Commands of the page, each as words after ``python``."""
    text = ''.join(blocks('bash')).replace('\\\n', ' ')
    found = [shlex.split(line) for line in text.splitlines()]
    assert all(words[0] == 'python' for words in found)
    return [words[1:] for words in found]


@pytest.fixture
def videos(mot_root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """What the recipe starts from: sequences without annotations files, and a new video."""
    for subset in ('train', 'test'):
        shutil.copytree(mot_root / subset, tmp_path / 'data' / 'mine' / subset)
    (tmp_path / 'configs').symlink_to(ROOT / 'configs')
    (sequence,) = (mot_root / 'test').iterdir()
    shutil.copy(sequence / 'det' / 'det.txt', tmp_path / 'new_detections.txt')
    with video_writer(tmp_path / 'new.mp4', tmp_path / 'new.mp4', 6) as write:
        for image in sorted((sequence / 'img1').iterdir())[:10]:
            write(cv2.imread(str(image)), image)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv('LOCAL_RANK', '0')
    return tmp_path


def run(monkeypatch: pytest.MonkeyPatch, words: list[str], number: int) -> None:
    """Call ``main`` of a tool, as the command does."""
    path = ROOT / words[0]
    monkeypatch.syspath_prepend(str(path.parent))
    spec = importlib.util.spec_from_file_location(f'recipe_{path.stem}', path)
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, spec.name, module)
    spec.loader.exec_module(module)
    options = []
    if path.stem in CONFIGURED:
        options = ['--cfg-options', *SMALL, f'experiment_name=recipe{number}']
    arguments = [word.replace('epoch_20.pth', 'epoch_1.pth') for word in words[1:]]
    assert not module.main([*arguments, *options])


def test_the_recipe_from_start_to_end(videos: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (config,) = blocks('python')
    (videos / 'my_config.py').write_text(config.replace('interval=20', 'interval=1'))
    done = []
    for number, words in enumerate(commands()):
        run(monkeypatch, words, number)
        done.append(Path(words[0]).stem)
    assert done == [
        'check_data',
        'mot2coco',
        'browse_episodes',
        'train',
        'test',
        'track',
    ]
    assert len(list((videos / 'outputs' / 'episodes').glob('*.png'))) == 2
    (tracks,) = (videos / 'work_dirs' / 'mine' / 'results').glob('*.txt')
    assert len(read_rows(tracks)) > 30
    assert (videos / 'work_dirs' / 'mine' / 'metrics.md').is_file()
    assert len(read_rows(videos / 'outputs' / 'track' / 'new.txt')) > 10
    assert (videos / 'outputs' / 'track' / 'new.mp4').stat().st_size > 0
