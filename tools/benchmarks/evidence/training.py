"""One training of the evidence."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from mmengine.config import Config

from mmmaml.apis import train
from mmmaml.registry import DATASETS
from mmmaml.utils import register_all_modules
from tools.benchmarks.common.paths import CONFIGS
from tools.benchmarks.common.trained_by import deciding_parts
from tools.benchmarks.evidence.data import EvidenceData
from tools.benchmarks.evidence.presets import Preset, Run


@dataclass(frozen=True)
class TrainingJob:
    """A training to be done.

    Attributes:
        run: Network, training set and seed.
        preset: For its length.
        data: To train on.
        folder: Folder of all trainings.
    """

    run: Run
    preset: Preset
    data: EvidenceData
    folder: Path


@dataclass(frozen=True)
class Trained:
    """A finished training.

    Attributes:
        run: Network, training set and seed.
        config: Its config, made for tracking the held-out sequences too.
        checkpoint: Its weights.
    """

    run: Run
    config: Config
    checkpoint: Path


def train_run(job: TrainingJob) -> Trained:
    """Train, unless the checkpoint of the same config and seed is there."""
    register_all_modules()
    return train_once(job.run, config_of(job.run, job.preset, job.data), job.folder)


def train_once(run: Run, config: Config, trainings: Path) -> Trained:
    """Train a config in a folder of its own, unless its checkpoint is there."""
    folder = trainings / f'{run.name}-{_digest(config, run.seed)}'
    # MMEngine writes this file once the checkpoint is complete, and there is only the last one.
    marker = folder / 'last_checkpoint'
    if marker.is_file():
        return Trained(run, config, folder / Path(marker.read_text().strip()).name)
    return Trained(run, config, train(config, folder, run.seed))


def config_of(run: Run, preset: Preset, data: EvidenceData) -> Config:
    """Make the config of a run on some data, quiet on the terminal."""
    config = Config.fromfile(CONFIGS / 'demo' / f'{run.training.config}.py')
    data.configure(config)
    set_options(config, run, preset.options)
    _reduce(config, run)
    set_length(config, round(preset.iterations * run.training_set.length))
    return config


def set_options(config: Config, run: Run, options: Mapping[str, Any]) -> None:
    """Set options of a preset, then those of a training and its inner loop."""
    config.log_level = 'WARNING'
    config.merge_from_dict({**options, **run.training.options})
    for hook in config.custom_hooks:
        if hook.type == 'MAMLOptimizerHook':
            hook.update(run.training.inner_loop)


def scarce_items(
    index: dict[str, np.ndarray], identities: int | None, samples: int | None, seed: int
) -> list[int]:
    """Choose items of a few people with a few images each.

    Args:
        index: (R,) ``video_id`` and ``instance_id`` of all items.
        identities: Number of people, taken in turn from the videos; None takes all.
        samples: Images of each at most; None takes all.
        seed: Of the choice.
    """
    rng = np.random.default_rng([seed, 17])
    keys = np.stack([index['video_id'], index['instance_id']], axis=1)
    people, person = np.unique(keys, axis=0, return_inverse=True)
    order = rng.permutation(len(people))
    # The first of each video, then the second of each ...
    turn = np.zeros(len(people))
    for video in np.unique(people[:, 0]):
        of_video = order[people[order, 0] == video]
        turn[of_video] = np.arange(len(of_video))
    chosen = order[np.argsort(turn[order], kind='stable')][:identities]
    items = [rng.permutation(np.flatnonzero(person.ravel() == p))[:samples] for p in chosen]
    return sorted(np.concatenate(items).tolist())


def _digest(config: Config, seed: int) -> str:
    """Return eight letters that change with all that decides the weights."""
    parts = deciding_parts(config, without=('tracker', 'detector'))
    content = json.dumps([parts, seed], sort_keys=True, default=str)
    return hashlib.sha256(content.encode()).hexdigest()[:8]


def _reduce(config: Config, run: Run) -> None:
    wanted = run.training_set
    if wanted.identities is None and wanted.samples is None:
        return
    crops = config.train_dataloader.dataset.dataset
    index = DATASETS.build(crops).index
    crops.indices = scarce_items(index, wanted.identities, wanted.samples, run.seed)


def set_length(config: Config, iterations: int) -> None:
    """Set the epochs for about so many iterations: an epoch of few people is short."""
    tasks = len(DATASETS.build(config.train_dataloader.dataset))
    per_epoch = -(-tasks // config.train_dataloader.batch_size)
    epochs = max(round(iterations / per_epoch), 1)
    config.train_cfg.max_epochs = config.param_scheduler[0].T_max = epochs
    config.default_hooks.checkpoint.interval = epochs
    config.default_hooks.checkpoint.save_optimizer = False
