"""Training and testing by several processes, beside those by one."""

import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import torch
from mmengine.config import Config
from mmengine.hooks import Hook
from mmengine.runner import Runner
from torch import Tensor

from tools.benchmarks.common.presets import Preset
from tools.benchmarks.common.tables import table
from tools.benchmarks.reliability.processes import in_ranks
from tools.benchmarks.reliability.run import (
    CLOSED_FORM,
    DESCRIPTION,
    GRADIENT,
    build_runner,
    config_of,
    digest,
    relative_difference,
    state_of,
    work_folder,
)

INNER_LOOPS: dict[str, dict] = {
    'closed form': CLOSED_FORM,
    'gradient steps': {**GRADIENT, 'num_steps': 2},
    'gradient steps, first order': {**GRADIENT, 'first_order': True},
    'gradient steps, other layers': {**GRADIENT, 'adapt': r'head\.embed'},
}
TASKS = 4
"""Tasks of an outer step, over all ranks."""
Gradients = dict[str, Tensor]


class FirstStepTakenError(Exception):
    """End of a training from which the first outer step is all that is asked for."""


class KeepGradient(Hook):
    """Hook that keeps the gradient of the first outer step, and the tasks seen.

    Args:
        only_first_step: End the training by ``FirstStepTakenError`` after that step.
    """

    def __init__(self, only_first_step: bool = False) -> None:
        self.only_first_step = only_first_step
        self.gradient: Gradients | None = None
        self.tasks: list[tuple[int, ...]] = []

    def before_train(self, runner: Runner) -> None:
        """Look at gradients before each step."""
        module = getattr(runner.model, 'module', runner.model)

        def keep(*_: Any) -> None:
            if self.gradient is None:
                grads = {name: p.grad for name, p in module.named_parameters()}
                self.gradient = {n: g.clone() for n, g in grads.items() if g is not None}

        runner.optim_wrapper.optimizer.register_step_pre_hook(keep)

    def before_train_iter(self, runner: Runner, batch_idx: int, data_batch: Any = None) -> None:
        """Write down the identities of each task and the frame of its first image."""
        for sample in data_batch['data_samples']:
            self.tasks.append((*sample.labels.tolist(), sample.frame_ids[0][0]))

    def after_train_iter(self, runner: Runner, *args: Any, **kwargs: Any) -> None:
        """End the training if nothing else is asked for."""
        if self.only_first_step and self.gradient is not None:
            raise FirstStepTakenError


def training(preset: Preset, ranks: int, inner_loop: dict, norm_eval: bool = True) -> Config:
    """Configure an epoch on so many ranks, the same tasks in each step for any number of them."""
    return config_of(
        preset,
        work_folder(preset),
        inner_loop,
        train_cfg__max_epochs=1,
        train_dataloader__batch_size=TASKS // ranks,
        model__reid__backbone__norm_eval=norm_eval,
        default_hooks__checkpoint=None,
    )


def _train(config: Config) -> tuple[list[tuple[int, ...]], dict[str, Tensor]]:
    runner, hook = build_runner(config), KeepGradient()
    runner.register_hook(hook)
    runner.train()
    return hook.tasks, state_of(runner)


def first_gradient(config: Config, *hooks: Hook) -> Gradients:
    """Take the first outer step of a training, on this rank, and return its gradient."""
    runner, keep = build_runner(config), KeepGradient(only_first_step=True)
    for hook in (keep, *hooks):
        runner.register_hook(hook)
    with suppress(FirstStepTakenError):
        runner.train()
    assert keep.gradient is not None
    return keep.gradient


def gradient_differences(
    preset: Preset, ranks: tuple[int, ...], inner_loop: dict, norm_eval: bool = True
) -> list[float]:
    """Compare the first outer gradient with that of one process, relative to its length."""
    alone, *gradients = (
        in_ranks(first_gradient, count, training(preset, count, inner_loop, norm_eval))[0]
        for count in (1, *ranks)
    )
    return [relative_difference(gradient, alone) for gradient in gradients]


def tasks_seen(preset: Preset, ranks: int, workers: int) -> list[list[tuple[int, ...]]]:
    """List the tasks that each rank sees in an epoch."""
    config = training(preset, ranks, CLOSED_FORM)
    config.train_dataloader.num_workers = workers
    return [tasks for tasks, _ in in_ranks(_train, ranks, config)]


def memory_digest(preset: Preset, ranks: int) -> tuple[str, int]:
    """Return digest of task memory and scatter built by so many ranks, and number of tasks."""
    config = training(preset, ranks, GRADIENT)
    config.optim_wrapper.optimizer = {'type': 'SGD', 'lr': 0.0}  # the same weights for all
    states = [state for _, state in in_ranks(_train, ranks, config)]
    kept = [
        {k: v for k, v in state.items() if 'task_memory' in k or 'scatter' in k}
        for state in states
    ]
    digests = {digest(part) for part in kept}
    (agreed,) = digests
    return agreed, len(kept[0]['reid.head.task_memory.support'])


def test_results(preset: Preset, ranks: int) -> tuple[dict[str, float], dict[str, bytes]]:
    """Test on two videos by so many ranks; return metrics and result files."""
    with tempfile.TemporaryDirectory() as folder:
        config = training(preset, ranks, CLOSED_FORM)
        config.test_evaluator.outdir = folder
        metrics = in_ranks(_test, ranks, config)
        assert all(each == metrics[0] for each in metrics)
        files = {path.name: path.read_bytes() for path in Path(folder, 'results').glob('*.txt')}
    return metrics[0], files


def _test(config: Config) -> dict[str, float]:
    runner = build_runner(config)
    torch.manual_seed(0)  # MMEngine initialises weights for training only
    runner.model.apply(lambda m: getattr(m, 'reset_parameters', lambda: None)())
    return runner.test()


def section(preset: Preset) -> str:
    """Write the section of the page."""
    rows = [
        [name, *(f'{gap:.1e}' for gap in gradient_differences(preset, (2, 4), loop))]
        for name, loop in INNER_LOOPS.items()
    ]
    (batch_norm,) = gradient_differences(preset, (2,), CLOSED_FORM, norm_eval=False)
    alone = tasks_seen(preset, 1, 0)[0]
    sampling = [_sampling_row(preset, ranks, workers, alone) for ranks, workers in SAMPLINGS]
    memories = {ranks: memory_digest(preset, ranks) for ranks in (1, 2, 3, 4)}
    kept = [[str(ranks), str(n), f'`{digits}`'] for ranks, (digits, n) in memories.items()]
    tests = {ranks: test_results(preset, ranks) for ranks in (1, 2, 4)}
    scores = [
        [
            str(ranks),
            *(f'{metrics[f"mot/{name}"]:.6f}' for name in ('MOTA', 'IDF1', 'HOTA')),
            'same' if files == tests[1][1] else '**differ**',
        ]
        for ranks, (metrics, files) in tests.items()
    ]
    return TEXT.format(
        description=DESCRIPTION,
        tasks=TASKS,
        gradients=table(['inner loop', '2 ranks', '4 ranks'], rows),
        batch_norm=f'{batch_norm:.1e}',
        sampling=table(['ranks', 'workers', 'tasks seen', 'by several', 'not seen'], sampling),
        kept=table(['ranks', 'tasks kept', 'digest'], kept),
        scores=table(['ranks', 'MOTA', 'IDF1', 'HOTA', 'result files'], scores),
    )


SAMPLINGS = ((1, 0), (2, 0), (2, 2), (4, 0))


def _sampling_row(
    preset: Preset, ranks: int, workers: int, alone: list[tuple[int, ...]]
) -> list[str]:
    seen = [task for tasks in tasks_seen(preset, ranks, workers) for task in tasks]
    numbers = (len(seen), len(seen) - len(set(seen)), len(set(alone) - set(seen)))
    assert set(seen) <= set(alone)
    return [str(ranks), str(workers), *map(str, np.asarray(numbers))]


TEXT = """\
{description}

**Outer gradient.** Of the first step on {tasks} tasks, spread over the ranks (gloo), and of one
process: length of the difference over the length of the gradient, in single precision.

{gradients}
Batch normalisation has its statistics in evaluation mode here. In training mode each rank
normalises by its own crops, as anywhere in distributed training: two ranks then differ from one
by {batch_norm}. On GPUs `sync_bn='torch'` in the config makes it one batch again.

**Sampling.** Tasks of an epoch. So that all ranks take equally many steps, some tasks may be seen
twice, always fewer than there are ranks. Which tasks there are depends neither on ranks nor on
workers.

{sampling}
**Task memory.** Built by all ranks together; a digest over its bits and those of the scatter.

{kept}
**Testing.** Two videos; ranks without a video wait. Metrics are the same on all ranks.

{scores}"""
