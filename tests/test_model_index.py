"""The index of models, the tables of each folder of configs, and the citation."""

from pathlib import Path

import modelindex
import pytest
import yaml

from mmmaml.version import __version__

ROOT = Path(__file__).parents[1]
FOLDERS = sorted(
    path.name for path in (ROOT / 'configs').iterdir() if path.is_dir() and path.name[0] != '_'
)


def test_the_index_names_every_folder() -> None:
    index = yaml.safe_load((ROOT / 'model-index.yml').read_text())
    assert index['Import'] == [f'configs/{name}/metafile.yml' for name in FOLDERS]


def test_every_config_is_a_model(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    index = modelindex.load('model-index.yml')
    index.build_models_with_collections()
    named = {each.name: each.config for each in index.models}
    paths = [path for name in FOLDERS for path in (ROOT / 'configs' / name).glob('*.py')]
    assert len(named) == len(index.models)
    assert named == {path.stem: str(path.relative_to(ROOT)) for path in paths}
    for collection in index.collections:
        assert Path(collection.readme).is_file()


@pytest.mark.parametrize('folder', FOLDERS)
def test_every_folder_has_results(folder: str) -> None:
    text = (ROOT / 'configs' / folder / 'README.md').read_text()
    assert text.startswith('# ')
    assert '\n## Results\n' in text


@pytest.mark.parametrize(('folder', 'page'), [('compare', 'comparison.md')])
def test_numbers_are_those_of_the_page(folder: str, page: str) -> None:
    def rows(path: Path) -> dict[str, list[str]]:
        lines = [line for line in path.read_text().splitlines() if line.startswith('| ')]
        cells = [[cell.strip() for cell in line.strip('|').split('|')] for line in lines]
        return {first: others for first, *others in cells}

    here, there = rows(ROOT / 'configs' / folder / 'README.md'), rows(ROOT / 'docs' / page)
    assert len(here) > 2
    for name, numbers in here.items():
        assert numbers == there[name][: len(numbers)], name


def test_the_citation_is_of_this_version() -> None:
    citation = yaml.safe_load((ROOT / 'CITATION.cff').read_text())
    assert citation['version'] == __version__
    assert citation['license'] == 'Apache-2.0'
    paper = citation['references'][0]
    assert paper['title'] == 'MAML MOT: Multiple Object Tracking based on Meta-Learning'
