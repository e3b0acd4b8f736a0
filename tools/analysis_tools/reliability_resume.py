"""Runs that are killed at any moment and resumed end with the bits of one that was not."""

import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from mmengine.config import Config
from reliability_kills import Kill, Resumed, killed_and_resumed, uninterrupted
from reliability_page import Preset, table
from reliability_run import DESCRIPTION, GRADIENT, config_of

EMA = {'type': 'EMAHook', 'momentum': 0.1}
EPOCHS = {'small': 2, 'full': 5}


def training(preset: Preset, folder: Path, **options: Any) -> Config:
    """A training with all that has a state, whose checkpoints fall within epochs.

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
    """Iterations drawn at random, and each moment of saving."""
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


def section(preset: Preset) -> str:
    """The section of the page."""
    runs = resumed_runs(preset, kills(preset))
    parts = list(runs[0].same)
    rows = [
        [
            str(run.kill),
            str(run.from_iter),
            *('same' if run.same[part] else '**differs**' for part in parts),
        ]
        for run in runs
    ]
    return (
        f'{DESCRIPTION}\nWith a learned inner rate, a cosine schedule, gradients accumulated over '
        'two batches, averaged weights\n(EMA); a checkpoint every three iterations, one of which '
        'is kept. Runs are killed by SIGKILL, at\niterations drawn at random and during each part '
        'of saving, resumed as by `--resume`, and compared at\ntheir end, bit by bit, with a run '
        'that was not killed. Weights include the inner rate, running\nstatistics and the task '
        'memory. All checkpoints load with `torch.load(weights_only=True)`.\n\n'
        f'{table(["killed in", "resumed at iteration", *parts], rows)}'
    )
