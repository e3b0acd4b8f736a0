"""Configs by path and by name, in a clone and in an installed package."""

import shutil
from pathlib import Path

import pytest

from mmmaml import config_files
from mmmaml.config_files import find_config

ROOT = Path(__file__).parents[1]
DEMO = ROOT / 'configs/demo/maml-mot_r18_demo.py'


@pytest.mark.parametrize(
    'name',
    [
        'maml-mot_r18_demo',
        'maml-mot_r18_demo.py',
        'demo/maml-mot_r18_demo',
        'configs/demo/maml-mot_r18_demo.py',
    ],
)
def test_ours_are_found_from_anywhere(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert find_config(name) == DEMO


def test_a_file_goes_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path('maml-mot_r18_demo.py').touch()
    assert find_config('maml-mot_r18_demo.py') == Path('maml-mot_r18_demo.py')
    assert find_config('maml-mot_r18_demo') == DEMO


def test_those_of_the_package_serve_where_there_is_no_clone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = tmp_path / 'site-packages/mmmaml'
    shutil.copytree(ROOT / 'configs', package / '.mim/configs')
    monkeypatch.setattr(config_files, 'PACKAGE', package)
    found = find_config('maml-mot_r18_demo')
    assert found == package / '.mim/configs/demo/maml-mot_r18_demo.py'
    shutil.rmtree(package)
    with pytest.raises(FileNotFoundError, match=r'config maml-mot_r18_demo does not exist$'):
        find_config('maml-mot_r18_demo')


@pytest.mark.parametrize('name', ['none.py', 'other/maml-mot_r18_demo', '/configs/x.py', '', '.'])
def test_what_is_not_there_is_said(name: str) -> None:
    with pytest.raises(FileNotFoundError, match=f'config {name} does not exist'):
        find_config(name)


def test_names_close_to_it_are_given() -> None:
    with pytest.raises(FileNotFoundError, match='of ours there is maml-mot_r18_demo'):
        find_config('maml-mot_r18_dem')


def test_every_name_is_of_one_config() -> None:
    names = [path.stem for path in config_files._configs()]
    assert len(names) == len(set(names)) > 40
