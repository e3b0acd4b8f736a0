"""Learning curves of a training run."""

import json
import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from .canvas import clear_frame, line_color, new_figure, save_figure

Curves = dict[str, tuple[np.ndarray, np.ndarray]]
_KINDS = ('Support and query', 'Loss', 'Accuracy', 'Learning rate')


def plot_training_curves(
    log: str | os.PathLike,
    out: str | os.PathLike,
    keys: Sequence[str] | None = None,
    smoothing: int | None = None,
) -> Path:
    """Write the picture of :func:`training_figure`; the suffix of ``out`` chooses its format.

    Returns:
        Path of the picture.
    """
    return save_figure(training_figure(log, keys, smoothing), out)


def training_figure(
    log: str | os.PathLike,
    keys: Sequence[str] | None = None,
    smoothing: int | None = None,
) -> Figure:
    """Plot the scalars that MMEngine logged while it trained, one panel for each kind.

    Kinds are: support and query (keys with ``support`` or ``query``: the losses before and after
    the inner loop), other losses, accuracies, and learning rates. A kind that was not logged has
    no panel. Behind each smoothed curve its raw values are shown faintly.

    Args:
        log: ``vis_data/scalars.json`` of a run: one JSON object a line.
        keys: Scalars to plot, all in one panel each kind; by default all those of the four
            kinds, times and memory left out.
        smoothing: Logged values that each point of a smoothed curve is the mean of. Greater is
            smoother and hides short events; 1 shows raw values alone. By default a twentieth of
            the curve.

    Raises:
        FileNotFoundError: ``log`` does not exist.
        ValueError: A line is no JSON object, there are no scalars to plot, a key of ``keys``
            was never logged, or ``smoothing`` is less than 1.
    """
    curves = _select(read_scalars(log), keys, Path(log))
    panels: dict[str, Curves] = {}
    for key, curve in curves.items():
        panels.setdefault(_kind(key) or 'Other', {})[key] = curve
    ordered = [title for title in (*_KINDS, 'Other') if title in panels]
    num_columns = 2 if len(ordered) == 4 else len(ordered)
    num_rows = -(-len(ordered) // num_columns)
    figure = new_figure(5.2 * num_columns, 3.6 * num_rows)
    axes = figure.subplots(num_rows, num_columns, squeeze=False).flat
    for ax, title in zip(axes, ordered, strict=False):
        _draw_panel(ax, title, panels[title], 1 if title == 'Learning rate' else smoothing)
    return figure


def find_log(folder: str | os.PathLike) -> Path:
    """Find the newest training log of a work folder, or the log itself if ``folder`` is one.

    Raises:
        FileNotFoundError: There is none.
    """
    folder = Path(folder)
    if folder.is_file():
        return folder
    logs = sorted(folder.glob('*/vis_data/scalars.json')) or sorted(folder.glob('**/scalars.json'))
    if not logs:
        raise FileNotFoundError(
            f'{folder} holds no scalars.json: MMEngine writes TIMESTAMP/vis_data/scalars.json in '
            'the work folder of a run with LocalVisBackend'
        )
    return logs[-1]


def read_scalars(log: str | os.PathLike) -> Curves:
    """Read the training scalars of a run.

    Lines of validation and test, which have no iteration or learning rate, are left out.

    Args:
        log: ``vis_data/scalars.json``.

    Returns:
        For every key its steps (P,) and values (P,), both float64, in order of the steps.
        Values that were logged as NaN or infinite are NaN.

    Raises:
        FileNotFoundError: ``log`` does not exist.
        ValueError: A line is no JSON object.
    """
    path = Path(log)
    if not path.is_file():
        raise FileNotFoundError(
            f'{path} does not exist: MMEngine writes it as TIMESTAMP/vis_data/scalars.json in the '
            'work folder of a run with LocalVisBackend'
        )
    points: dict[str, list[tuple[float, float]]] = {}
    for number, line in enumerate(path.read_text(encoding='utf-8').splitlines(), start=1):
        if not line.strip():
            continue
        try:
            record = json.loads(line)
            step = record.get('iter')
        except (json.JSONDecodeError, AttributeError) as error:
            raise ValueError(f'{path}, line {number} is no JSON object: {line[:60]!r}') from error
        if step is None:
            continue
        for key, value in record.items():
            if isinstance(value, int | float) and key not in ('iter', 'step', 'epoch'):
                points.setdefault(key, []).append((step, value))
    curves = {}
    for key, pairs in points.items():
        steps, values = np.array(sorted(pairs, key=lambda pair: pair[0]), dtype=np.float64).T
        curves[key] = (steps, np.where(np.isfinite(values), values, np.nan))
    return curves


def smooth(values: np.ndarray, window: int) -> np.ndarray:
    """Compute a centred running mean over the values that are there.

    Args:
        values: (P,), NaN if a value is missing.
        window: Values that each mean is over, fewer at both ends. Of an even number the first
            and the last are two halves, so that the curve does not lag.

    Returns:
        (P,), NaN if ``values`` is NaN, so that a gap stays visible.
    """
    there = np.isfinite(values)
    width = min(window, len(values))
    half = width // 2
    kernel = np.ones(2 * half + 1)
    if width % 2 == 0:
        kernel[[0, -1]] = 0.5
    inside = slice(half, half + len(values))
    sums = np.convolve(np.where(there, values, 0.0), kernel)[inside]
    counts = np.convolve(there.astype(np.float64), kernel)[inside]
    return np.where(there, sums / np.maximum(counts, 1), np.nan)


def window_of(smoothing: int | None, count: int) -> int:
    """Return the window of a curve of so many values; None for a twentieth of them.

    Raises:
        ValueError: ``smoothing`` is less than 1.
    """
    if smoothing is None:
        return max(1, count // 20)
    if smoothing < 1:
        raise ValueError(f'smoothing={smoothing} must be at least 1')
    return smoothing


def _kind(key: str) -> str | None:
    name = key.rsplit('/', 1)[-1].lower()
    if name == 'base_lr':
        return None  # the rate before the scaling of single parameters; lr is the real one
    if name == 'lr' or name.endswith('_lr'):
        return 'Learning rate'
    if 'acc' in name:
        return 'Accuracy'
    if 'support' in name or 'query' in name:
        return 'Support and query'
    return 'Loss' if 'loss' in name else None


def _select(curves: Curves, keys: Sequence[str] | None, log: Path) -> Curves:
    if keys is None:
        chosen = {key: curve for key, curve in curves.items() if _kind(key)}
        if not chosen:
            raise ValueError(f'{log} has no losses or learning rates to plot: {_known(curves)}')
        return chosen
    missing = [key for key in keys if key not in curves]
    if missing or not keys:
        raise ValueError(f'{log} has no scalars {missing}: {_known(curves)}')
    return {key: curves[key] for key in keys}


def _known(curves: Curves) -> str:
    return f'it has {sorted(curves)}' if curves else 'no training iteration was logged'


def draw_curve(
    ax: Axes, curve: tuple[np.ndarray, np.ndarray], number: int, label: str, smoothing: int | None
) -> None:
    """Draw a smoothed curve over its raw values.

    Args:
        ax: Axes to draw into.
        curve: Steps (P,) and values (P,).
        number: Of the curve, from 0, for its colour.
        label: In the legend.
        smoothing: See :func:`training_figure`.
    """
    steps, values = curve
    color = line_color(number)
    window = window_of(smoothing, len(values))
    if window > 1:
        ax.plot(steps, values, color=color, alpha=0.25, linewidth=0.8)
    marker = 'o' if len(values) == 1 else ''
    ax.plot(steps, smooth(values, window), color=color, label=label, marker=marker)


def finish_panel(ax: Axes, title: str) -> None:
    """Give a panel of curves its title, axis, grid and legend."""
    ax.set_title(title)
    ax.set_xlabel('iteration')
    ax.grid(alpha=0.3)
    ax.legend(frameon=False, fontsize='small')
    clear_frame(ax)


def _draw_panel(ax: Axes, title: str, curves: Curves, smoothing: int | None) -> None:
    for number, (key, curve) in enumerate(curves.items()):
        draw_curve(ax, curve, number, key, smoothing)
    if title == 'Learning rate' and all((values > 0).all() for _, values in curves.values()):
        ax.set_yscale('log')
    finish_panel(ax, title)
