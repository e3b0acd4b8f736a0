"""Gain of the inner loop: the loss of the queries before and after it, along a training."""

import os
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

from .canvas import line_color, new_figure
from .curves import Curves, draw_curve, finish_panel, read_scalars, smooth, window_of

BEFORE, AFTER = 'query_ce', 'query_ce_adapted'


def adaptation_gain_figure(log: str | os.PathLike, smoothing: int | None = None) -> Figure:
    """Plot the query loss before and after adaptation, and their difference.

    Args:
        log: ``vis_data/scalars.json`` of a training with ``MAMLOptimizerHook``.
        smoothing: Logged values that each point is the mean of; by default a twentieth of them.

    Raises:
        FileNotFoundError: ``log`` does not exist.
        ValueError: It is no log, or of a training without an inner loop, or ``smoothing`` is
            less than 1.
    """
    curves = read_scalars(log)
    steps, gain = gain_curve(curves, Path(log))
    window = window_of(smoothing, len(gain))
    figure = new_figure(10.4, 3.6)
    losses, gains = figure.subplots(1, 2)
    for number, (key, label) in enumerate(((BEFORE, 'before'), (AFTER, 'after adaptation'))):
        draw_curve(losses, curves[key], number, label, window)
    losses.set_ylabel('query loss, nats')
    finish_panel(losses, 'Query loss')
    draw_curve(gains, (steps, gain), 2, 'before - after', window)
    smoothed = smooth(gain, window)
    gains.fill_between(steps, 0, smoothed, color=line_color(2), alpha=0.2, linewidth=0)
    gains.axhline(0, color='0.4', linewidth=0.8)
    gains.set_ylabel('gain, nats')
    finish_panel(gains, f'Gain of adaptation: {last_mean(gain):+.3g} at the end')
    return figure


def gain_curve(curves: Curves, log: Path) -> tuple[np.ndarray, np.ndarray]:
    """Return the iterations (P,) at which both losses were logged, and their difference (P,).

    Args:
        curves: Scalars of a training.
        log: Source of the scalars, for messages.

    Raises:
        ValueError: One of the losses was never logged.
    """
    if missing := [key for key in (BEFORE, AFTER) if key not in curves]:
        raise ValueError(
            f'{log} has no {" and no ".join(missing)}: only a training with MAMLOptimizerHook '
            f'adapts to tasks and logs them; it has {sorted(curves)}'
        )
    (before_steps, before), (after_steps, after) = curves[BEFORE], curves[AFTER]
    steps, first, second = np.intersect1d(before_steps, after_steps, return_indices=True)
    return steps, before[first] - after[second]


def last_mean(values: np.ndarray) -> float:
    """Average the last tenth of (P,) values, at least one; NaN if none of them is known."""
    last = values[-max(1, len(values) // 10) :]
    last = last[np.isfinite(last)]
    return float(last.mean()) if len(last) else float('nan')
