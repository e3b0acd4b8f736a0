"""The benchmark of trainings on images of people, tried on small generated data."""

import json
import re
from dataclasses import replace
from itertools import product
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch

from mmmaml.datasets import EpisodicDataset, PersonFolderDataset
from mmmaml.utils import register_all_modules
from tools.benchmarks.evidence.presets import Run
from tools.benchmarks.real_reid import __main__ as command
from tools.benchmarks.real_reid.last_layer import LAYERS, train_layer
from tools.benchmarks.real_reid.page import TEMPLATE
from tools.benchmarks.real_reid.training import Job, config_of
from tools.benchmarks.real_reid.variants import SETS, TRAININGS, runs


@pytest.fixture(autouse=True)
def scope() -> None:
    register_all_modules()


@pytest.fixture(scope='module')
def people(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Forty people of a grey each, five images at each of two cameras."""
    folder = tmp_path_factory.mktemp('market')
    for who, camera, frame in product(range(1, 41), (1, 2), range(5)):
        image = np.full((16, 8, 3), 5 * who, np.uint8)
        cv2.imwrite(str(folder / f'{who:04d}_c{camera}s1_{frame:06d}_00.png'), image)
    return folder


def test_page_and_numbers(
    mot_root: Path, people: Path, network: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    trainings = {key: TRAININGS[key] for key in ('plain', 'meta')}
    layers = {key: LAYERS[key] for key in ('none', 'meta_128')}
    monkeypatch.setattr('tools.benchmarks.real_reid.variants.TRAININGS', trainings)
    monkeypatch.setattr(command, 'LAYERS', layers)
    out = tmp_path / 'out'
    arguments = ['--data', str(mot_root / 'train'), '--people', str(people)]
    arguments += ['--reid', str(network), '--out-dir', str(out), '--workers', '1']
    arguments += ['--preset', 'tiny', '--sets', 's40']
    command.main(arguments)
    text = (out / 'evidence_real.md').read_text()
    results = json.loads((out / 'real_reid.json').read_text())
    assert '$' not in text
    assert str(tmp_path) not in text

    def value(training: str, metric: str) -> float:
        (found,) = [
            each['value']
            for each in results['networks']
            if (each['training'], each['online'], each['group'], each['metric'])
            == (training, 'default', 'all', metric)
        ]
        return found

    row = re.search(
        r'^\| 40 people, 4 images each, against plain \| all \| 1 \|(.*)\|$', text, re.M
    )
    cells = [cell.strip() for cell in row[1].split('|')]
    change = 100 * (value('meta', 'IDF1') - value('plain', 'IDF1'))
    assert float(cells[2]) == pytest.approx(change, abs=0.051)
    assert value('meta', 'error_1s') == pytest.approx(1 - value('meta', 'accuracy_1s'))
    assert {each['training'] for each in results['layers']} == {*layers}
    stamps = {path: path.stat().st_mtime_ns for path in out.glob('*/*/*.pth')}
    assert len(stamps) == 2
    command.main(arguments)
    assert json.loads((out / 'real_reid.json').read_text()) == results
    assert stamps == {path: path.stat().st_mtime_ns for path in out.glob('*/*/*.pth')}


def test_missing_data_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    command.main(['--data', str(tmp_path / 'nowhere')])
    assert 'nothing measured: there is no real data' in capsys.readouterr().out
    with pytest.raises(SystemExit):
        command.main(['--data', str(tmp_path), '--workers', '0'])
    assert 'must be at least 1' in capsys.readouterr().err


def test_twins_see_the_same_images(people: Path, tmp_path: Path) -> None:
    """The two ways of training on the same images differ by the inner loop alone."""
    subset = replace(SETS['s40'], identities=30)
    configs = {
        key: config_of(
            Job(Run(TRAININGS[key], subset, 3, ()), people, tmp_path, tmp_path, 93, {})
        ).to_dict()
        for key in ('plain', 'plain_noisy', 'meta')
    }
    dataset = {key: each['train_dataloader']['dataset'] for key, each in configs.items()}
    assert dataset['plain_noisy'] == dataset['meta']
    assert dataset['plain']['dataset']['num_people'] == 30
    assert dataset['plain']['dataset']['seed'] == 3
    assert {each['train_cfg']['max_epochs'] for each in configs.values()} == {2}
    hooks = [each['type'] for each in configs['meta']['custom_hooks']]
    assert 'MAMLOptimizerHook' in hooks


def test_runs_are_listed_by_set_and_seed() -> None:
    names = [run.name for run in runs(2, ['s40', 'full'])]
    assert len(set(names)) == len(names)
    assert names[0] == 'plain_s40_seed0'
    assert {run.training_set.key for run in runs(1, ['full'])} == {'full'}


@pytest.mark.parametrize('key', ['plain_128', 'meta_128'])
def test_a_last_layer_learns_what_tells_people_apart(people: Path, key: str) -> None:
    """Of eight numbers the first four are the person, the others noise that is stronger."""
    dataset = PersonFolderDataset(data_root=str(people))
    rng = torch.Generator().manual_seed(0)
    who = torch.from_numpy(dataset.index['instance_id'])
    centres = torch.randn(41, 4, generator=rng)
    noise = 2 * torch.randn(len(dataset), 4, generator=rng)
    feats = torch.cat([centres[who], noise], dim=1)
    tasks = EpisodicDataset(dataset, num_support=3, num_ways=6)
    head = train_layer(LAYERS[key], tasks, feats, seed=0, iterations=60)
    person, rest = head.weight.detach().split(4, dim=1)
    assert person.norm() > 1.1 * rest.norm()
    assert head.scatter.count > 0


def test_the_page_in_docs_is_of_this_template() -> None:
    parts = TEMPLATE.read_text().split('$')
    kept = (Path(__file__).parents[4] / 'docs' / 'evidence_real.md').read_text()
    texts = [re.sub(r'^\w+', '', part) for part in parts[1:]]
    assert kept.startswith(parts[0])
    assert all(text in kept for text in texts)
    assert set(re.findall(r'^\| 40 people, 4 images each, (.*?) \| all', kept, re.M)) >= {
        'against plain'
    }
