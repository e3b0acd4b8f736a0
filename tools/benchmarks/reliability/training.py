"""Mixed precision, accumulation, clipping, averaged weights and NaN, each with the inner loop."""

import tempfile
from pathlib import Path
from typing import Any, NamedTuple

import torch
from mmengine.config import Config
from mmengine.hooks import Hook
from mmengine.runner import Runner
from torch import Tensor

from tools.benchmarks.common.presets import Preset
from tools.benchmarks.common.tables import table
from tools.benchmarks.reliability.distributed import INNER_LOOPS, TASKS, first_gradient
from tools.benchmarks.reliability.nan import nan_rows
from tools.benchmarks.reliability.processes import in_ranks
from tools.benchmarks.reliability.run import (
    CLOSED_FORM,
    DESCRIPTION,
    GRADIENT,
    build_runner,
    config_of,
    digest,
    relative_difference,
    train,
    work_folder,
)

MOMENTUM = 0.1
CLIP = 1e-2


def training(
    preset: Preset, inner_loop: dict, folder: Path | None = None, **options: Any
) -> Config:
    """Configure an epoch whose batch normalisation does not depend on the batch."""
    return config_of(
        preset,
        folder or work_folder(preset),
        inner_loop,
        **{
            'train_cfg__max_epochs': 1,
            'train_dataloader__batch_size': TASKS,
            'model__reid__backbone__norm_eval': True,
            'default_hooks__checkpoint': None,
            **options,
        },
    )


class HoldScatter(Hook):
    """Hook that keeps the scatter that a closed-form inner loop starts from as it is."""

    def before_train(self, runner: Runner) -> None:
        """Let it follow no batch."""
        runner.model.reid.head.scatter.follow = lambda *_: None


def gradient_alone(config: Config, *hooks: Hook) -> dict[str, Tensor]:
    """Return the gradient of the first outer step of a training by one process."""
    return in_ranks(first_gradient, 1, config, *hooks)[0]


def accumulated_gradient(
    preset: Preset, inner_loop: dict, hold_scatter: bool = True
) -> dict[str, Tensor]:
    """Return the gradient of the first outer step, accumulated over two halves of the batch."""
    config = training(
        preset,
        inner_loop,
        train_dataloader__batch_size=TASKS // 2,
        optim_wrapper__accumulative_counts=2,
    )
    return gradient_alone(config, *([HoldScatter()] if hold_scatter else []))


class OptionRow(NamedTuple):
    """Change of the outer gradient by options of its step.

    Attributes:
        name: Of the inner loop.
        half: Relative difference by bfloat16.
        accumulated: By accumulating two halves of the batch, the scatter held still.
        unclipped: By clipping at an infinite length.
        clipped: Length after clipping over the length asked for.
    """

    name: str
    half: float
    accumulated: float
    unclipped: float
    clipped: float


def gradient_rows(preset: Preset) -> list[OptionRow]:
    """Measure the change of the outer gradient by each option, for each inner loop."""
    return [option_row(preset, name, loop) for name, loop in INNER_LOOPS.items()]


def option_row(preset: Preset, name: str, loop: dict) -> OptionRow:
    """Measure the change of the outer gradient of an inner loop by each option."""
    expected = gradient_alone(training(preset, loop))
    half = gradient_alone(training(preset, loop, optim_wrapper__type='BFloat16OptimWrapper'))
    unclipped, clipped = (
        gradient_alone(training(preset, loop, optim_wrapper__clip_grad={'max_norm': norm}))
        for norm in (float('inf'), CLIP)
    )
    return OptionRow(
        name,
        relative_difference(half, expected),
        relative_difference(accumulated_gradient(preset, loop), expected),
        relative_difference(unclipped, expected),
        float(torch.stack([g.norm() for g in clipped.values()]).norm()) / CLIP,
    )


def accumulated_with_moving_scatter(preset: Preset) -> float:
    """Measure accumulation while the scatter follows each half, from empty on."""
    expected = gradient_alone(training(preset, CLOSED_FORM))
    moving = accumulated_gradient(preset, CLOSED_FORM, hold_scatter=False)
    return relative_difference(moving, expected)


class Trajectory(Hook):
    """Hook that keeps the trained weights after each iteration."""

    def __init__(self) -> None:
        self.weights: list[dict[str, Tensor]] = []

    def after_train_iter(self, runner: Runner, *args: Any, **kwargs: Any) -> None:
        """Keep them."""
        parameters = runner.model.named_parameters()
        self.weights.append({name: p.detach().clone() for name, p in parameters})


def _train_averaged(config: Config) -> list[dict[str, Tensor]]:
    runner, hook = build_runner(config), Trajectory()
    runner.register_hook(hook)
    runner.train()
    return hook.weights


def averaging(preset: Preset) -> dict[str, float | bool]:
    """Compare averaged weights with the average by hand, their tasks with those of a training.

    Returns:
        ``'weights'``: relative difference of the averaged weights in the checkpoint to the
        average of the weights after each iteration. ``'tasks'``: True if the task memory beside
        them has the bits of one built by a run that starts from these weights and keeps them.
    """
    ema = {'type': 'EMAHook', 'momentum': MOMENTUM}
    checkpoint = {'type': 'CheckpointHook', 'interval': 1}
    with tempfile.TemporaryDirectory() as folder:
        options = {'default_hooks__checkpoint': checkpoint, 'train_cfg__max_epochs': 2}
        config = training(preset, GRADIENT, Path(folder), **options)
        config.custom_hooks.append(ema)
        (weights,) = in_ranks(_train_averaged, 1, config)
        path = Path(folder, 'epoch_2.pth')
        saved = torch.load(path, weights_only=True)['state_dict']
        still = training(preset, GRADIENT, load_from=str(path))
        still.optim_wrapper.optimizer = {'type': 'SGD', 'lr': 0.0}
        (rebuilt,) = in_ranks(train, 1, still)
    average = dict(weights[0])
    for later in weights[1:]:
        average = {name: torch.lerp(w, later[name], MOMENTUM) for name, w in average.items()}
    return {
        'weights': relative_difference({name: saved[name] for name in average}, average),
        'tasks': digest(_tasks_of(saved)) == digest(_tasks_of(rebuilt)),
    }


def _tasks_of(state: dict[str, Tensor]) -> dict[str, Tensor]:
    kept = {k: v for k, v in state.items() if 'task_memory' in k or 'scatter' in k}
    assert len(kept['reid.head.task_memory.support'])
    return kept


def section(preset: Preset) -> str:
    """Write the section of the page."""
    rows = [
        [name, f'{half:.1e}', f'{parts:.1e}', f'{unclipped:.1e}', f'{clipped:.6f}']
        for name, half, parts, unclipped, clipped in gradient_rows(preset)
    ]
    averaged = averaging(preset)
    header = ['inner loop', 'bfloat16', 'accumulated', 'clipped at ∞', f'clipped at {CLIP}']
    return TEXT.format(
        description=DESCRIPTION,
        tasks=TASKS,
        gradients=table(header, rows),
        moving=f'{accumulated_with_moving_scatter(preset):.1e}',
        clip=CLIP,
        weights=f'{averaged["weights"]:.1e}',
        tasks_kept='the same bits' if averaged['tasks'] else '**other bits**',
        nan=table(['what is not finite', 'policy', 'ranks', 'outcome'], nan_rows(preset)),
    )


TEXT = """\
{description}

**Outer gradient.** Of the first step on {tasks} tasks, against the same step without the option:
length of the difference over the length of the gradient. bfloat16 is autocast on the CPU
(`BFloat16OptimWrapper`), which rounds features to 8 bits; inner loop and losses stay in single
precision. Accumulated are two halves of the batch. The last column is the length of the gradient
clipped at {clip}, over {clip}.

{gradients}
In the closed form, whitening enlarges what bfloat16 rounds. Its inner loop starts from a scatter
that follows the batches, as the running statistics of batch normalisation do; both are held still
for the column *accumulated*. In training the second half of an accumulated step starts from a
scatter that has followed the first one. That makes the largest difference in the very first step,
where the scatter is still empty: {moving}.

**Averaged weights.** The weights that `EMAHook` saves differ by {weights} from the average taken
by hand of the weights after each iteration, and the task memory saved with them has {tasks_kept}
as one that is built by a run that only loads them.

**NaN and inf.** What `NonFiniteHook` does; a task of one iteration is spoilt, on one of the ranks.

{nan}"""
