"""The small training that reliability is measured on: the demo's config on generated sequences."""

import atexit
import functools
import hashlib
import os
import shutil
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import uuid4

import torch
from mmengine.config import Config
from mmengine.runner import Runner
from torch import Tensor

from mmmaml.datasets import convert_mot
from mmmaml.datasets.synthetic import generate_dataset
from mmmaml.engine import join_cpu_processes
from mmmaml.registry import RUNNERS
from tools.benchmarks.common.paths import CONFIGS
from tools.benchmarks.common.presets import Preset

CONFIG = CONFIGS / 'demo' / 'maml-mot_r18_demo.py'
DESCRIPTION = (
    'Measured on the training of `configs/demo/maml-mot_r18_demo.py` (a ResNet-18 of a quarter\n'
    'of the width, Adam, tasks of generated sequences with their augmentation), on the CPU.'
)


@dataclass(frozen=True)
class Size:
    """Size of data and network.

    Attributes:
        people: People in each of the two training sequences; each is the first of a task.
        frames: Frames of a sequence.
        options: Values of the config, as for ``--cfg-options``.
    """

    people: int
    frames: int
    options: dict[str, Any] = field(default_factory=dict)


SIZES: dict[Preset, Size] = {
    'small': Size(
        people=6,
        frames=12,
        options={
            'model.reid.backbone.base_channels': 4,
            'model.reid.head.in_channels': 32,
            'model.reid.head.feat_channels': 16,
            'train_dataloader.dataset.num_ways': 4,
        },
    ),
    'full': Size(people=12, frames=30),
}
GRADIENT = {'type': 'MAMLOptimizerHook', 'inner_lr': 0.1}
CLOSED_FORM = {'type': 'MAMLOptimizerHook', 'solver': 'closed_form'}


@functools.cache
def generated_data(preset: Preset) -> Path:
    """Make two sequences to train on and two to test on, once a process."""
    size = SIZES[preset]
    root = Path(tempfile.mkdtemp(prefix='mmmaml-reliability-'))
    atexit.register(shutil.rmtree, root, ignore_errors=True)
    generate_dataset(
        root,
        num_train=2,
        num_test=2,
        num_frames=size.frames,
        size=(192, 128),
        num_people=size.people,
        frame_rate=6,
    )
    convert_mot(root)
    return root


def work_folder(preset: Preset) -> Path:
    """Return the work folder of trainings whose files nobody reads."""
    return generated_data(preset) / 'work'


def config_of(
    preset: Preset,
    work_dir: Path,
    inner_loop: dict | None = None,
    hooks: tuple[dict, ...] = (),
    **options: Any,
) -> Config:
    """Make the config of a training.

    Args:
        preset: Its size.
        work_dir: Folder of its files.
        inner_loop: Config of ``MAMLOptimizerHook``; the closed form by default.
        hooks: Further hooks.
        options: Values of the config by their dotted names, dots as two underscores.
    """
    config = Config.fromfile(CONFIG)
    root = f'{generated_data(preset)}/'
    inner_loop = inner_loop or CLOSED_FORM
    gradient = inner_loop.get('solver', 'gradient') == 'gradient'
    config.merge_from_dict(
        {
            'train_dataloader.dataset.dataset.data_root': root,
            'test_dataloader.dataset.data_root': root,
            'model.reid.head.task_classifier': 'restricted' if gradient else 'prototype',
            **SIZES[preset].options,
            **{name.replace('__', '.'): value for name, value in options.items()},
        }
    )
    check, _, memory = config.custom_hooks
    config.custom_hooks = [check, inner_loop, memory, *hooks]
    config.randomness = {'seed': 0}
    config.work_dir, config.log_level = str(work_dir), 'WARNING'
    config.experiment_name = uuid4().hex
    return config


def build_runner(config: Config) -> Runner:
    """Build the Runner of a config, as one of the ranks of a group if there are several."""
    config = config.copy()
    if int(os.environ.get('WORLD_SIZE', 1)) > 1:
        config.launcher = 'pytorch'
        join_cpu_processes(config)
    return RUNNERS.build(config)


def train(config: Config) -> dict[str, Tensor]:
    """Train; return weights, buffers and task memory at the end."""
    runner = build_runner(config)
    runner.train()
    return state_of(runner)


def state_of(runner: Runner) -> dict[str, Tensor]:
    """Copy weights and buffers, task memory included."""
    model = getattr(runner.model, 'module', runner.model)
    return {name: value.detach().clone() for name, value in model.state_dict().items()}


def digest(state: dict[str, Tensor]) -> str:
    """Return eight letters that change with any bit of a state."""
    sums = hashlib.sha256()
    for name, value in sorted(state.items()):
        sums.update(f'{name} {tuple(value.shape)} {value.dtype} '.encode())
        sums.update(value.contiguous().numpy().tobytes())
    return sums.hexdigest()[:8]


def relative_difference(a: dict[str, Tensor], b: dict[str, Tensor]) -> float:
    """Return the difference of two sets of tensors as vectors, over the length of the second."""
    assert a.keys() == b.keys()
    gap = torch.stack([(a[k].double() - b[k].double()).norm() for k in b]).norm()
    return float(gap / torch.stack([b[k].double().norm() for k in b]).norm())
