"""Training runs that are killed and resumed, beside one that is not."""

import itertools
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import torch
from mmengine.config import Config
from mmengine.fileio import LocalBackend
from mmengine.hooks import Hook
from mmengine.runner import Runner
from torch import Tensor

import mmmaml.engine.hooks.checkpoint_hook as saving
from tools.benchmarks.reliability.processes import KILLED, exit_code, kill_this_process
from tools.benchmarks.reliability.run import build_runner

Moment = Literal['before the step', 'after the step', 'writing', 'naming', 'removing']
PARTS = {
    'weights': 'state_dict',
    'optimizer': 'optimizer',
    'schedule': 'param_schedulers',
    'averaged weights': 'ema_state_dict',
}


@dataclass(frozen=True)
class Kill:
    """Moment of killing a run.

    Attributes:
        number: Of the iteration or of the checkpoint, from 1 on.
        moment: In the iteration before or after the step of the optimizer; half way through
            writing the checkpoint, before ``last_checkpoint`` names it, or before outdated
            checkpoints are removed.
    """

    number: int
    moment: Moment

    def __str__(self) -> str:
        if self.moment == 'writing':
            return f'half of checkpoint {self.number} written'
        if self.moment == 'naming':
            return f'checkpoint {self.number} written, `last_checkpoint` not yet'
        if self.moment == 'removing':
            return f'checkpoint {self.number + 1} written, the one before it not yet removed'
        return f'iteration {self.number}, {self.moment}'


@dataclass(frozen=True)
class Resumed:
    """Outcome of a run that was killed.

    Attributes:
        kill: Its moment.
        from_iter: Iterations behind it in the checkpoint that it went on from; 0 if there was
            none and it began anew.
        same: Part of the last checkpoint to True if it has the bits of the run that was not
            killed; ``'task order'`` beside them.
        loads: True if all checkpoints load with ``weights_only=True``.
    """

    kill: Kill
    from_iter: int
    same: dict[str, bool]
    loads: bool


class TaskLog(Hook):
    """Hook that writes down the tasks of each iteration, a line at a time."""

    def before_train_iter(self, runner: Runner, batch_idx: int, data_batch: Any = None) -> None:
        """Write a line."""
        tasks = [sample.labels.tolist() for sample in data_batch['data_samples']]
        frames = [sample.frame_ids for sample in data_batch['data_samples']]
        with Path(runner.work_dir, 'tasks.txt').open('a') as file:
            file.write(f'{runner.iter} {tasks} {frames}\n')


class KillBefore(Hook):
    """Hook that kills the process in an iteration, before its step."""

    priority = 'LOWEST'

    def __init__(self, iteration: int) -> None:
        self.iteration = iteration

    def before_train_iter(self, runner: Runner, batch_idx: int, data_batch: Any = None) -> None:
        """Kill it."""
        if runner.iter + 1 == self.iteration:
            kill_this_process()


class KillAfter(KillBefore):
    """Hook that kills the process in an iteration, after its step, with nothing saved yet."""

    priority = 'HIGHEST'

    def before_train_iter(self, *args: Any, **kwargs: Any) -> None:
        """Wait for the step."""

    def after_train_iter(self, runner: Runner, *args: Any, **kwargs: Any) -> None:
        """Kill it."""
        super().before_train_iter(runner, 0)


def _kill_writing(number: int) -> None:
    write, count = LocalBackend.put, itertools.count(1)

    def put(backend: LocalBackend, content: bytes, path: str) -> None:
        if next(count) == number:
            write(backend, content[: len(content) // 2], path)
            kill_this_process()
        write(backend, content, path)

    LocalBackend.put = put


def _kill_calling(owner: object, name: str, number: int) -> None:
    call, count = getattr(owner, name), itertools.count(1)

    def killing(*args: Any) -> Any:
        if next(count) == number:
            kill_this_process()
        return call(*args)

    setattr(owner, name, killing)


def _prepare(runner: Runner, kill: Kill | None) -> None:
    runner.register_hook(TaskLog())
    if kill is None:
        return
    moments: dict[Moment, Callable[[], None]] = {
        'before the step': lambda: runner.register_hook(KillBefore(kill.number)),
        'after the step': lambda: runner.register_hook(KillAfter(kill.number)),
        'writing': lambda: _kill_writing(kill.number),
        'naming': lambda: _kill_calling(saving, 'write_text', kill.number),
        'removing': lambda: _kill_calling(saving.CheckpointHook, '_remove', kill.number),
    }
    moments[kill.moment]()


def train(config: Config, kill: Kill | None = None) -> None:
    """Train, in this process, until it is killed."""
    runner = build_runner(config)
    _prepare(runner, kill)
    runner.train()


def uninterrupted(config: Config) -> Path:
    """Train in a process of its own; return the last checkpoint."""
    code = exit_code(train, config)
    if code:
        raise RuntimeError(f'the training ended with exit code {code}')
    return last_checkpoint(Path(config.work_dir))


def killed_and_resumed(config: Config, kill: Kill, reference: Path) -> Resumed:
    """Train, be killed, resume automatically, and compare with a run that was not.

    Args:
        config: Of the same training, with a work folder of its own.
        kill: Its moment.
        reference: Last checkpoint of :func:`uninterrupted`.
    """
    folder = Path(config.work_dir)
    code = exit_code(train, config, kill)
    if code != KILLED:
        raise RuntimeError(f'{kill}: the run ended with exit code {code} before it was killed')
    log = folder / 'tasks.txt'
    seen_first = len(log.read_text().splitlines())
    config.resume = True
    uninterrupted(config)
    lines = log.read_text().splitlines()
    from_iter = int(lines[seen_first].split()[0]) if len(lines) > seen_first else -1
    same = compare(_load(last_checkpoint(folder)), _load(reference))
    order = (reference.parent / 'tasks.txt').read_text().splitlines()
    kept = dict.fromkeys(lines)  # iterations that were run twice saw the same both times
    same['task order'] = sorted(kept, key=_iteration) == order
    return Resumed(kill, from_iter, same, all(map(_loads_safely, folder.glob('*.pth'))))


def compare(actual: dict[str, Any], expected: dict[str, Any]) -> dict[str, bool]:
    """Tell if the parts of two checkpoints are the same to the last bit, by :data:`PARTS`."""
    return {
        name: same_bits(actual.get(part), expected[part])
        for name, part in PARTS.items()
        if part in expected
    }


def _iteration(line: str) -> int:
    return int(line.split()[0])


def last_checkpoint(folder: Path) -> Path:
    """Return the checkpoint that a run in a work folder ended with."""
    return folder / Path((folder / 'last_checkpoint').read_text()).name


def _load(path: Path) -> dict[str, Any]:
    return torch.load(path, weights_only=True)


def _loads_safely(path: Path) -> bool:
    return bool(_load(path))


def same_bits(a: Any, b: Any) -> bool:
    """Tell if two contents of checkpoints are the same to the last bit."""
    if isinstance(a, Tensor) and isinstance(b, Tensor):
        return a.dtype == b.dtype and a.shape == b.shape and torch.equal(a, b)
    if isinstance(a, dict) and isinstance(b, dict):
        return a.keys() == b.keys() and all(same_bits(a[k], b[k]) for k in a)
    if isinstance(a, (list, tuple)) and isinstance(b, (list, tuple)):
        return len(a) == len(b) and all(map(same_bits, a, b))
    return type(a) is type(b) and a == b
