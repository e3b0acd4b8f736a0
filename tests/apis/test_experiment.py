"""Training and tracking as functions, several times in one process."""

import json
import shutil
from pathlib import Path

import pytest
import torch
from mmengine.config import Config
from mmengine.hooks import Hook

from mmmaml.apis import track, train
from mmmaml.apis.experiment import _runner
from mmmaml.datasets import convert_mot
from mmmaml.visualization.figures.curves import read_scalars
from tests.engine import toy

DEMO = Path(__file__).parents[2] / 'configs' / 'demo' / 'maml-mot_r18_demo.py'


class Counter(Hook):
    def __init__(self) -> None:
        self.trained = self.tested = 0

    def after_train_iter(self, *args: object, **kwargs: object) -> None:
        self.trained += 1

    def after_test_iter(self, *args: object, **kwargs: object) -> None:
        self.tested += 1


def weights_of(checkpoint: Path) -> dict[str, torch.Tensor]:
    return torch.load(checkpoint, weights_only=False)['state_dict']


def equal(first: Path, second: Path) -> bool:
    one, other = weights_of(first), weights_of(second)
    return one.keys() == other.keys() and all(torch.equal(one[k], other[k]) for k in one)


def tracking_config(root: Path) -> Config:
    config = Config.fromfile(DEMO)
    config.log_level = 'ERROR'
    config.model.reid.backbone.base_channels = 4
    config.model.reid.head.in_channels = 32
    config.train_dataloader.dataset.num_ways = 4
    config.train_dataloader.dataset.dataset.data_root = str(root)
    config.test_dataloader.dataset.data_root = str(root)
    config.train_cfg.max_epochs = 1
    return config


def test_the_seed_decides_a_training(tmp_path: Path) -> None:
    config = toy.config(tmp_path / 'not here')
    before = config.to_dict()
    first, again, other = (
        train(config, tmp_path / name, seed) for name, seed in (('a', 1), ('b', 1), ('c', 2))
    )
    assert equal(first, again)
    assert not equal(first, other)
    assert config.to_dict() == before
    assert not (tmp_path / 'not here').exists()


def test_the_seed_is_all_that_replaces_the_randomness_of_the_config(tmp_path: Path) -> None:
    config = toy.config(tmp_path)
    config.randomness = {'seed': 7, 'diff_rank_seed': True}
    runner = _runner(config, tmp_path / 'run', seed=3)
    assert runner._randomness_cfg == {'seed': 3, 'diff_rank_seed': True}


def test_trainings_of_one_process_keep_apart(tmp_path: Path) -> None:
    counters = [Counter(), Counter()]
    for epochs, name, hook in ((2, 'long', counters[0]), (1, 'short', counters[1])):
        path = train(toy.config('', epochs), tmp_path / name / 'run', hooks=(hook,))
        assert path == tmp_path / name / 'run' / f'epoch_{epochs}.pth'
        assert path.is_file()
    assert [counter.trained for counter in counters] == [10, 5]  # 10 tasks, 2 in a batch
    for name, steps in (('long', 10), ('short', 5)):
        (log,) = (tmp_path / name).glob('run/*/vis_data/scalars.json')
        assert read_scalars(log)['loss'][0].tolist() == list(range(1, steps + 1))


def test_tracks_are_scored_where_there_is_ground_truth(mot_root: Path, tmp_path: Path) -> None:
    config = tracking_config(mot_root)
    before = config.to_dict()
    checkpoint = train(config, tmp_path / 'trained')
    counter = Counter()
    found = track(config, checkpoint, tmp_path / 'tracked', (counter,))
    assert config.to_dict() == before
    assert counter.tested == 30
    assert found == json.loads((tmp_path / 'tracked' / 'metrics.json').read_text())
    assert list(found['sequences']) == ['DEMO-03']
    assert found['overall']['MOTA'] > 0.3
    results = tmp_path / 'tracked' / 'results' / 'DEMO-03.txt'
    assert results.stat().st_size > 0

    # Without truth: the same tracks, and no score, not even that of an earlier run.
    bare = tmp_path / 'bare'
    shutil.copytree(mot_root / 'test', bare / 'test', ignore=shutil.ignore_patterns('gt'))
    convert_mot(bare)
    config.test_dataloader.dataset.data_root = str(bare)
    tracks = results.read_text()
    results.unlink()
    assert track(config, checkpoint, tmp_path / 'tracked') is None
    assert results.read_text() == tracks
    assert not (tmp_path / 'tracked' / 'metrics.json').exists()


def test_the_given_checkpoint_goes_before_the_configs(mot_root: Path, tmp_path: Path) -> None:
    config = tracking_config(mot_root)
    config.load_from = 'of the config'
    with pytest.raises(FileNotFoundError, match=r'nothing\.pth'):
        track(config, tmp_path / 'nothing.pth', tmp_path / 'tracked')
