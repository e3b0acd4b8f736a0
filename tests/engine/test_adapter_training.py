"""Training of what online adaptation starts from, by its config."""

from pathlib import Path

import numpy as np
import pytest
import torch
from mmengine.config import Config
from mmengine.registry import RUNNERS

from mmmaml.meta import AdapterNumbers, ScatterStatistics
from mmmaml.models.reid import MetaReIDHead, load_prior, save_prior
from mmmaml.models.trackers.appearance.online_adapter import OnlineAdapter
from mmmaml.utils import register_all_modules

from ..datasets.tracking.people import CHANNELS, person_features

CONFIG = Path(__file__).parents[2] / 'configs' / 'adapter' / 'online-adapter_reid-features.py'
EPISODES = {'in_view': 3, 'newcomers': 1, 'past': 3, 'episodes': 200}


@pytest.fixture
def config(tmp_path: Path) -> Config:
    """Return the config on people who differ in two directions and vary in the others."""
    register_all_modules()
    rng = np.random.default_rng(0)
    people = person_features(people=20)
    people.feats[..., 2:] = 1.5 * rng.normal(size=(*people.feats.shape[:2], CHANNELS - 2))
    people.feats[..., :2] = rng.normal(size=(20, 2))[people.person][:, None]
    people.save(tmp_path / 'features.npz')
    statistics = ScatterStatistics(CHANNELS)  # knows nothing of directions
    statistics.scatter.copy_(torch.eye(CHANNELS))
    statistics.count.fill_(1.0)
    save_prior(tmp_path / 'prior.npz', statistics)
    config = Config.fromfile(CONFIG)
    config.work_dir = str(tmp_path / 'out')
    config.model.prior = str(tmp_path / 'prior.npz')
    config.train_dataloader.dataset.update(features=str(tmp_path / 'features.npz'), **EPISODES)
    config.log_level = 'ERROR'
    return config


def losses(runner) -> np.ndarray:
    return runner.message_hub.get_scalar('train/loss_assignment').data[0]


def test_the_loss_falls_and_the_prior_is_one_that_trackers_start_from(
    config: Config, tmp_path: Path
) -> None:
    config.model.learn = ('numbers', 'scatter')
    config.optim_wrapper.optimizer.lr = 0.1
    config.optim_wrapper.paramwise_cfg.custom_keys.numbers.lr_mult = 1
    runner = RUNNERS.build(config)
    runner.train()
    values = losses(runner)
    assert values[-10:].mean() < 0.9 * values[:10].mean()
    head = MetaReIDHead(CHANNELS, CHANNELS)
    before = head.weight.clone()
    load_prior(tmp_path / 'out' / 'prior.npz', head)
    assert torch.equal(head.weight, before)  # the layer was not learned
    variance = head.scatter.scatter.diagonal()
    assert variance[:2].max() < variance[2:].min()
    learned = runner.model.parameters_online.statistics().numbers
    assert learned != AdapterNumbers()
    adapter = OnlineAdapter(head)
    assert adapter.shrinkage == pytest.approx(learned.shrinkage)
    assert adapter.calibration is not None
    assert adapter.calibration.temperature == pytest.approx(learned.temperature)


def test_the_layer_is_saved_if_it_is_learned(config: Config, tmp_path: Path) -> None:
    config.model.learn = ('layer',)
    config.train_dataloader.dataset.episodes = 8
    runner = RUNNERS.build(config)
    runner.train()
    head = MetaReIDHead(CHANNELS, CHANNELS)
    load_prior(tmp_path / 'out' / 'prior.npz', head)
    assert torch.equal(head.weight, runner.model.parameters_online.layer.detach())
    assert not torch.equal(head.weight, torch.eye(CHANNELS))
    config.model.prior = str(tmp_path / 'out' / 'prior.npz')
    with pytest.raises(ValueError, match='holds a learned layer: start from one that'):
        RUNNERS.build(config)


def test_logits_alone(config: Config) -> None:
    runner = RUNNERS.build(config)
    batch = next(iter(runner.build_dataloader(config.train_dataloader)))
    logits = runner.model(**batch, mode='tensor')
    assert logits.shape == (4, 3, 4)


def test_a_missing_prior_is_named(config: Config) -> None:
    config.model.prior = 'none.npz'
    with pytest.raises(FileNotFoundError, match=r'prior none\.npz does not exist'):
        RUNNERS.build(config)
