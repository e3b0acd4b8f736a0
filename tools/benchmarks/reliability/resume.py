"""Runs that are killed at any moment and resumed, compared bit by bit with one that was not."""

import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import torch
from mmengine.config import Config

from tools.benchmarks.common.presets import Preset
from tools.benchmarks.common.tables import table
from tools.benchmarks.reliability.kills import (
    Kill,
    Resumed,
    compare,
    killed_and_resumed,
    last_checkpoint,
    uninterrupted,
)
from tools.benchmarks.reliability.processes import in_ranks
from tools.benchmarks.reliability.run import DESCRIPTION, GRADIENT, config_of, train

EMA = {'type': 'EMAHook', 'momentum': 0.1}
EPOCHS = {'small': 2, 'full': 5}


def training(preset: Preset, folder: Path, **options: Any) -> Config:
    """Configure a training with all that has a state; its checkpoints fall within epochs.

    A learned inner rate, Adam, a schedule, gradients accumulated over two batches, averaged
    weights, a checkpoint every three iterations of which one is kept.
    """
    return config_of(
        preset,
        folder,
        GRADIENT,
        hooks=(EMA,),
        model__reid__head__learn_inner_lr=True,
        train_cfg__max_epochs=EPOCHS[preset],
        optim_wrapper__accumulative_counts=2,
        default_hooks__checkpoint={
            'type': 'CheckpointHook',
            'by_epoch': False,
            'interval': 3,
            'max_keep_ckpts': 1,
        },
        **options,
    )


def kills(preset: Preset, seed: int = 0) -> list[Kill]:
    """Draw iterations at random, and add each moment of saving."""
    rng = np.random.default_rng(seed)
    number, last = {'small': (1, 8), 'full': (6, 40)}[preset]
    moments = ('before the step', 'after the step')
    drawn = [
        Kill(int(iteration), moments[i % 2])
        for i, iteration in enumerate(
            sorted(rng.choice(np.arange(2, last), number, replace=False))
        )
    ]
    return [*drawn, Kill(1, 'writing'), Kill(2, 'writing'), Kill(2, 'naming'), Kill(1, 'removing')]


def resumed_runs(preset: Preset, chosen: list[Kill], **options: Any) -> list[Resumed]:
    """Kill and resume once for each."""
    with tempfile.TemporaryDirectory() as folder:
        reference = uninterrupted(training(preset, Path(folder) / 'whole', **options))
        return [
            killed_and_resumed(training(preset, Path(folder) / str(i), **options), kill, reference)
            for i, kill in enumerate(chosen)
        ]


def left_on_ranks(preset: Preset, ranks: int, left: int) -> dict[str, bool]:
    """Leave a training on so many ranks at an iteration, go on, and compare with one that ran on.

    Returns:
        Part of the last checkpoint to True if it is the same, bit by bit.
    """
    with tempfile.TemporaryDirectory() as folder:
        whole, rest = (training(preset, Path(folder) / name) for name in ('whole', 'rest'))
        whole.default_hooks.checkpoint.max_keep_ckpts = -1
        rest.resume, rest.load_from = True, str(Path(folder) / 'whole' / f'iter_{left}.pth')
        for config in (whole, rest):
            in_ranks(train, ranks, config)
        ends = [last_checkpoint(Path(folder) / name) for name in ('whole', 'rest')]
        expected, actual = (torch.load(path, weights_only=True) for path in ends)
    return compare(actual, expected)


def section(preset: Preset) -> str:
    """Write the section of the page."""
    runs = resumed_runs(preset, kills(preset))
    ranks, left = 2, {'small': 3, 'full': 9}[preset]
    on_ranks = left_on_ranks(preset, ranks, left)
    parts = list(runs[0].same)
    rows = [
        [
            str(run.kill),
            str(run.from_iter),
            *(_word(run.same[part]) for part in parts),
        ]
        for run in runs
    ]
    loading = 'All' if all(run.loads for run in runs) else '**Not all**'
    rows.append(
        [
            f'{ranks} ranks, left after iteration {left}',
            str(left),
            *(_word(on_ranks[part]) if part in on_ranks else '' for part in parts),
        ]
    )
    return (
        f'{DESCRIPTION}\nWith a learned inner rate, a cosine schedule, gradients accumulated over '
        'two batches, averaged weights\n(EMA); a checkpoint every three iterations, one of which '
        'is kept. Runs are killed by SIGKILL, at\niterations drawn at random and during each part '
        'of saving, resumed as by `--resume`, and compared at\ntheir end, bit by bit, with a run '
        'that was not killed. Weights include the inner rate, running\nstatistics and the task '
        f'memory. {loading} checkpoints load with `torch.load(weights_only=True)`.\n\n'
        f'{table(["killed in", "resumed at iteration", *parts], rows)}'
    )


def _word(same: bool) -> str:
    return 'same' if same else '**differs**'
