"""Tasks that are not finite, in the midst of training."""

import tempfile
from pathlib import Path
from typing import Any, NamedTuple

import torch
from mmengine.config import Config
from mmengine.hooks import Hook
from mmengine.runner import Runner

from tools.benchmarks.common.presets import Preset
from tools.benchmarks.reliability.processes import in_ranks
from tools.benchmarks.reliability.run import GRADIENT, build_runner, config_of, digest, state_of

ITERATION = 1
"""The spoilt iteration, from 0 on."""
FAULTS = ('images', 'inner step', 'outer gradient')


class Outcome(NamedTuple):
    """Outcome of a training, on one rank.

    Attributes:
        message: Reason to stop; empty if it did not.
        iterations: Iterations it came to.
        skipped: Steps that were skipped.
        unchanged: True if the spoilt iteration left all weights and buffers as they were.
        culprit: Identities and a file of the task that was spoilt; empty on other ranks.
        final: Digest of weights and buffers at the end.
    """

    message: str
    iterations: int
    skipped: int
    unchanged: bool
    culprit: tuple[str, str] | tuple[()]
    final: str


class Spoil(Hook):
    """Hook that spoils a task of an iteration, and compares the model before and after it."""

    priority = 'LOWEST'

    def __init__(self, fault: str) -> None:
        self.fault = fault
        self.culprit: tuple[str, str] | tuple[()] = ()
        self.before: str = ''
        self.unchanged = True

    def before_train_iter(self, runner: Runner, batch_idx: int, data_batch: Any = None) -> None:
        """Spoil the second task of the first rank."""
        if runner.iter != ITERATION:
            return
        self.before = digest(state_of(runner))
        if runner.rank:
            return
        sample = data_batch['data_samples'][1]
        self.culprit = (str(sample.instance_ids), sample.img_paths[0])
        model = getattr(runner.model, 'module', runner.model)
        inputs = data_batch['inputs'] = [image.float() for image in data_batch['inputs']]
        if self.fault == 'images':
            inputs[1][0, 0] = torch.nan
        else:
            _spoil_embeddings(model, sample.labels, self.fault)

    def after_train_iter(self, runner: Runner, *args: Any, **kwargs: Any) -> None:
        """Compare."""
        if runner.iter == ITERATION:
            self.unchanged = digest(state_of(runner)) == self.before


def _spoil_embeddings(model: torch.nn.Module, labels: torch.Tensor, fault: str) -> None:
    """Let the head adapt one task to infinity, or give it a gradient that is infinite."""
    head = model.reid.head
    adapt = head.adapt

    def spoilt(support: Any, query: Any, task_labels: torch.Tensor, cfg: Any) -> Any:
        adapted = adapt(support, query, task_labels, cfg)
        bad = (task_labels == labels).all(1)[:, None, None]
        embeds = adapted.query_embeds
        if fault == 'inner step':
            embeds = torch.where(bad, torch.inf, embeds)
        elif embeds.requires_grad:
            embeds.register_hook(lambda grad: torch.where(bad, torch.inf, grad))
        return adapted._replace(query_embeds=embeds)

    head.adapt = spoilt


def _train(config: Config, fault: str) -> Outcome:
    runner, hook = build_runner(config), Spoil(fault)
    runner.register_hook(hook)
    message = ''
    try:
        runner.train()
    except FloatingPointError as error:
        message = str(error)
    return Outcome(
        message,
        runner.iter,
        runner.message_hub.runtime_info.get('skipped_steps', 0),
        hook.unchanged,
        hook.culprit,
        digest(state_of(runner)),
    )


def train_spoilt(preset: Preset, fault: str, policy: str, ranks: int) -> list[Outcome]:
    """Train with one spoilt task; return the outcome by rank."""
    with tempfile.TemporaryDirectory() as folder:
        config = config_of(
            preset,
            Path(folder),
            GRADIENT,
            train_cfg__max_epochs=1,
            train_dataloader__batch_size=2,
            default_hooks__checkpoint=None,
            default_hooks__non_finite={'type': 'NonFiniteHook', 'nan_policy': policy},
        )
        return in_ranks(_train, ranks, config, fault)


def nan_rows(preset: Preset) -> list[list[str]]:
    """Train for each fault, policy and number of ranks; return rows of the table."""
    rows = []
    for fault in FAULTS:
        for policy in ('stop', 'skip'):
            for ranks in (1, 2):
                outcomes = train_spoilt(preset, fault, policy, ranks)
                rows.append([f'{fault} of a task', f'`{policy}`', str(ranks), _words(outcomes)])
    return rows


def _words(outcomes: list[Outcome]) -> str:
    first = outcomes[0]
    alike = len({(bool(o.message), o.iterations, o.skipped) for o in outcomes}) == 1
    if not alike:
        return '**ranks differ**'
    everywhere = ' on all ranks' if len(outcomes) > 1 else ''
    if first.message:
        named = all(part in o.message for o in outcomes for part in first.culprit)
        return f'stopped{everywhere}, task {"named" if named else "**not named**"}'
    kept = all(o.unchanged for o in outcomes)
    return (
        f'{first.skipped} step skipped{everywhere}, model {"unchanged" if kept else "**changed**"}'
    )
