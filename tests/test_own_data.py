"""The recipe of docs/own_data.md, read from the page and walked through from start to end."""

import importlib.util
import re
import shlex
import shutil
import sys
from pathlib import Path

import cv2
import pytest
from mmengine.config import Config

from mmmaml.utils.mot_files import CLASS, read_rows
from mmmaml.visualization.videos import video_writer
from tests.datasets.conversion.cvat_export import frame_names, mot_files, write_zip

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / 'docs' / 'own_data.md').read_text()
# A smaller network, and one epoch in the place of the 20 that the page names.
SMALL = [
    'model.reid.backbone.base_channels=4',
    'model.reid.head.in_channels=32',
    'train_cfg.max_epochs=1',
    'log_level=ERROR',
]
CONFIGURED = ('train', 'test', 'track', 'browse_episodes', 'export_onnx')
SMALLER = {'tune': ['--trials', '2']}


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
    """Sequences without annotation files, one of them an export of CVAT, and a new video."""
    for subset in ('train', 'test'):
        shutil.copytree(mot_root / subset, tmp_path / 'data' / 'mine' / subset)
    first, *others = sorted((tmp_path / 'data' / 'mine' / 'train').iterdir())
    (tmp_path / 'detections').mkdir()
    for folder, name in [(first, 'street-1'), *((each, each.name) for each in others)]:
        shutil.copy(folder / 'det' / 'det.txt', tmp_path / 'detections' / f'{name}.txt')
    export_as_cvat(first, tmp_path / 'exports' / 'street-1.zip')
    (tmp_path / 'configs').symlink_to(ROOT / 'configs')
    (sequence,) = (mot_root / 'test').iterdir()
    shutil.copy(sequence / 'det' / 'det.txt', tmp_path / 'new_detections.txt')
    with video_writer(tmp_path / 'new.mp4', tmp_path / 'new.mp4', 6) as write:
        for image in sorted((sequence / 'img1').iterdir())[:10]:
            write(cv2.imread(str(image)), image)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv('LOCAL_RANK', '0')
    return tmp_path


def export_as_cvat(sequence: Path, archive: Path) -> None:
    """Pack a sequence as CVAT does, people as the second label, and remove it."""
    rows = read_rows(sequence / 'gt' / 'gt.txt')
    rows = rows[rows[:, CLASS] == 1]
    rows[:, CLASS] = 2
    files = mot_files(rows.tolist(), ['car', 'person'])
    images = sorted((sequence / 'img1').iterdir())
    for name, image in zip(frame_names(len(images)), images, strict=True):
        files[f'img1/{name}'] = cv2.imencode('.png', cv2.imread(str(image)))[1].tobytes()
    archive.parent.mkdir()
    write_zip(archive, files)
    # The export knows no detections, which the recipe takes from elsewhere.
    shutil.rmtree(sequence)


def run(monkeypatch: pytest.MonkeyPatch, words: list[str], number: int) -> None:
    """Call ``main`` of a tool, as the command does."""
    path = ROOT / words[0]
    monkeypatch.syspath_prepend(str(path.parent))
    spec = importlib.util.spec_from_file_location(f'recipe_{path.stem}', path)
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, spec.name, module)
    spec.loader.exec_module(module)
    options = SMALLER.get(path.stem, [])
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
        'cvat2mot',
        'check_data',
        'mot2coco',
        'browse_episodes',
        'train',
        'test',
        'track',
        'export_tracks',
        'export_onnx',
        'tune',
    ]
    assert (videos / 'outputs' / 'cvat' / 'new.zip').is_file()
    annotations = videos / 'data' / 'mine' / 'annotations' / 'train_cocoformat.json'
    assert 'street-1' in annotations.read_text()
    assert len(list((videos / 'outputs' / 'episodes').glob('*.png'))) == 2
    (tracks,) = (videos / 'work_dirs' / 'mine' / 'results').glob('*.txt')
    assert len(read_rows(tracks)) > 30
    assert (videos / 'work_dirs' / 'mine' / 'metrics.md').is_file()
    assert len(read_rows(videos / 'outputs' / 'track' / 'new.txt')) > 10
    assert (videos / 'outputs' / 'track' / 'new.mp4').stat().st_size > 0
    tuned = Config.fromfile(videos / 'my_tuned.py')
    assert tuned.data_root == 'data/mine/'
    assert len(list((videos / 'work_dirs' / 'tune' / 'features').glob('*.npy'))) == 2
