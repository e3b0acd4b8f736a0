"""Schedules of rates that fit the training they belong to, also one that is gone on with."""

import warnings
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from mmengine.optim import OptimWrapper, _ParamScheduler

_PROGRESS = ('last_step', '_global_step', '_last_value', 'verbose', 'base_values')
"""State of a scheduler that says how far training is, or is in the optimizer as well."""

States = Sequence[Mapping[str, Any]]


def misfits(schedulers: Sequence[_ParamScheduler], epochs: int, iters: int) -> Iterator[str]:
    """Find schedules that do not fit the length of the training, a sentence each.

    Args:
        schedulers: As built for the training.
        epochs: Its length in epochs.
        iters: Its length in iterations.
    """
    for each in schedulers:
        name, unit = type(each).__name__, 'epoch' if each.by_epoch else 'iteration'
        length = epochs if each.by_epoch else iters
        steps = min(each.end, length) - each.begin
        period, milestones = getattr(each, 'T_max', None), getattr(each, 'milestones', None)
        if period is not None and steps > period + 1:
            yield (
                f'{name} comes down within T_max={period} {unit}s and training takes {steps}: '
                f'the rate rises again from {unit} {each.begin + period} on; leave T_max out, '
                'and it is the length of the training'
            )
        if milestones and min(milestones) >= steps:
            yield (
                f'{name} has milestones={sorted(milestones)} and training ends after {steps} '
                f'{unit}s: the rate stays the same throughout; set milestones below {steps}'
            )


def settings_of(states: States) -> list[dict[str, Any]]:
    """Return the settings in the states of schedulers, without their progress."""
    return [{k: v for k, v in state.items() if k not in _PROGRESS} for state in states]


def differences(saved: States, wanted: States) -> list[str]:
    """Say how the settings of schedules differ, a phrase for each setting but their end.

    Args:
        saved: Settings of :func:`settings_of` of a checkpoint.
        wanted: Those of the config.
    """
    if len(saved) != len(wanted):
        return [f'{len(saved)} schedules there, {len(wanted)} in the config']
    return [
        f'{key.lstrip("_")} {_short(there.get(key))} there, {_short(here.get(key))} in the config'
        for there, here in zip(saved, wanted, strict=True)
        for key in sorted({*there, *here} - {'end'})
        if there.get(key) != here.get(key)
    ]


def _short(value: Any) -> str:
    if isinstance(value, list) and len(set(value)) == 1:
        value = value[0]  # one value for all groups of parameters
    if isinstance(value, Mapping):
        value = sorted(value)
    return 'none' if value is None else str(value)


class Rates:
    """The rates that a training starts with, as the config has them.

    Args:
        wrapper: The optimizer, whose rates may have moved on.

    Attributes:
        groups: Rates at the start of each group of parameters, ``'lr'`` among them.
    """

    def __init__(self, wrapper: OptimWrapper) -> None:
        names = {'lr', *(key.removeprefix('initial_') for key in wrapper.param_groups[0])}
        self.groups = [
            {key: group.get(f'initial_{key}', group[key]) for key in names if _is_rate(group, key)}
            for group in wrapper.param_groups
        ]

    def restore(self, wrapper: OptimWrapper) -> None:
        """Set the rates of all groups back to those of the start."""
        for group, rates in zip(wrapper.param_groups, self.groups, strict=True):
            for key, value in rates.items():
                group[key] = value
                group.pop(f'initial_{key}', None)


def _is_rate(group: Mapping[str, Any], key: str) -> bool:
    return key in group and (key == 'lr' or f'initial_{key}' in group)


def replay(
    schedulers: Sequence[_ParamScheduler], epochs: int, iters: int, epoch_length: int
) -> None:
    """Take the steps of a training that has got so far, in their order.

    Args:
        schedulers: Fresh ones.
        epochs: Whole epochs so far.
        iters: Iterations so far.
        epoch_length: Iterations of an epoch.
    """
    by_iter = [each for each in schedulers if not each.by_epoch]
    by_epoch = [each for each in schedulers if each.by_epoch]
    with warnings.catch_warnings():
        # PyTorch's reminder that the optimizer steps first, which it has.
        warnings.simplefilter('ignore', UserWarning)
        done = 0
        for epoch in range(1, epochs + 1):
            end = min(epoch * epoch_length, iters)
            _step(by_iter, end - done)
            _step(by_epoch, 1)
            done = end
        _step(by_iter, iters - done)


def _step(schedulers: Sequence[_ParamScheduler], times: int) -> None:
    for _ in range(times):
        for each in schedulers:
            each.step()
