"""Pictures of tasks, from the command line."""

import importlib
from pathlib import Path

import cv2
import numpy as np
import pytest

CONFIGS = Path(__file__).parents[2] / 'configs'
DEMO = CONFIGS / 'demo' / 'maml-mot_r18_demo.py'


@pytest.fixture
def browse(monkeypatch: pytest.MonkeyPatch, mot_root: Path, tmp_path: Path):
    monkeypatch.syspath_prepend(str(CONFIGS.parent / 'tools'))
    monkeypatch.chdir(tmp_path)
    module = importlib.import_module('browse_episodes')
    data = f'train_dataloader.dataset.dataset.data_root={mot_root}'
    ways = 'train_dataloader.dataset.num_ways=3'

    def run(*arguments: object) -> int:
        return module.main([*map(str, arguments), '--cfg-options', data, ways])

    run.module = module
    return run


def test_tasks_are_drawn_one_picture_each(browse, capsys) -> None:
    assert browse(DEMO, '--num', 2, '--start', 9, '--out-dir', 'drawn') == 0
    pictures = sorted(Path('drawn').iterdir())
    assert [path.name for path in pictures] == ['task09.png', 'task10.png']
    assert '2 of 12 tasks an epoch are drawn in drawn' in capsys.readouterr().out
    first, second = (cv2.imread(str(path)) for path in pictures)
    assert not np.array_equal(first, second)


def test_what_cannot_be_drawn_is_one_sentence(browse, capsys, tmp_path: Path) -> None:
    (tmp_path / 'none.py').write_text("custom_imports = dict(imports=['mmmaml'])\n")
    for arguments, expected in {
        ('no.py',): 'config no.py does not exist',
        (DEMO, '--num', 0): '--num 0 must be at least 1',
    }.items():
        capsys.readouterr()
        assert browse(*arguments) == 2
        error = capsys.readouterr().err
        assert expected in error
        assert error.count('\n') == 1
    assert browse.module.main(['none.py']) == 2
    assert 'trains on NoneType, not on an EpisodicDataset' in capsys.readouterr().err


def test_pictures_of_two_configs_do_not_mix(browse, tmp_path: Path) -> None:
    (tmp_path / 'other.py').write_text(f'_base_ = {str(DEMO)!r}\n')
    for config in (DEMO, 'other.py'):
        assert browse(config, '--num', 1) == 0
    drawn = sorted(path.parent.name for path in Path('outputs/episodes').glob('*/task0.png'))
    assert drawn == ['maml-mot_r18_demo', 'other']


def test_a_window_needs_a_display(browse, capsys, monkeypatch) -> None:
    for name in ('DISPLAY', 'WAYLAND_DISPLAY'):
        monkeypatch.delenv(name, raising=False)
    assert browse(DEMO, '--num', 1, '--show', '--out-dir', 'drawn') == 2
    assert '--show needs a display, and there is none' in capsys.readouterr().err
    assert not Path('drawn').exists()
