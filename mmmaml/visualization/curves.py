"""Learning curves of a training run."""

import json
import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from mmmaml.utils.files import atomic_path

from .colors import PALETTE

_Curves = dict[str, tuple[np.ndarray, np.ndarray]]
_KINDS = ('Support and query', 'Loss', 'Accuracy', 'Learning rate')
# Strong hues first: the palette's yellow is hard to see on white.
_LINES = PALETTE[[5, 2, 3, 6, 0, 1]] / 255


def plot_training_curves(
    log: str | os.PathLike,
    out: str | os.PathLike,
    keys: Sequence[str] | None = None,
    smoothing: int | None = None,
) -> Path:
    """Plot the scalars that MMEngine logged while it trained, one panel for each kind.

    Kinds are: support and query (keys with ``support`` or ``query``: the losses before and after
    the inner loop), other losses, accuracies, and learning rates. A kind that was not logged has
    no panel. Behind each smoothed curve its raw values are shown faintly.

    Args:
        log: ``vis_data/scalars.json`` of a run: one JSON object a line.
        out: The picture; the suffix chooses the format (``.png``, ``.pdf``, ``.svg``).
        keys: Scalars to plot, all in one panel each kind; by default all those of the four
            kinds, times and memory left out.
        smoothing: Logged values that each point of a smoothed curve is the mean of. Greater is
            smoother and hides short events; 1 shows raw values alone. By default a twentieth of
            the curve.

    Returns:
        Path of the picture.

    Raises:
        FileNotFoundError: ``log`` does not exist.
        ValueError: A line is no JSON object, there are no scalars to plot, or a key of ``keys``
            was never logged.
    """
    curves = _select(read_scalars(log), keys, Path(log))
    panels: dict[str, _Curves] = {}
    for key, curve in curves.items():
        panels.setdefault(_kind(key) or 'Other', {})[key] = curve
    ordered = [title for title in (*_KINDS, 'Other') if title in panels]
    num_columns = 2 if len(ordered) == 4 else len(ordered)
    num_rows = -(-len(ordered) // num_columns)
    figure = Figure(figsize=(5.2 * num_columns, 3.6 * num_rows), layout='constrained')
    FigureCanvasAgg(figure)
    axes = figure.subplots(num_rows, num_columns, squeeze=False).flat
    for ax, title in zip(axes, ordered, strict=False):
        _draw_panel(ax, title, panels[title], 1 if title == 'Learning rate' else smoothing)
    with atomic_path(out) as temporary:
        figure.savefig(temporary, dpi=150)
    return Path(out)


def read_scalars(log: str | os.PathLike) -> _Curves:
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
    """Centred running mean over the values that are there.

    Args:
        values: (P,), NaN where a value is missing.
        window: Values that each mean is over, fewer at both ends.

    Returns:
        (P,), NaN where ``values`` is NaN, so that a gap stays visible.
    """
    there = np.isfinite(values)
    width = min(window, len(values))
    kernel = np.ones(width)
    sums = np.convolve(np.where(there, values, 0.0), kernel, mode='same')
    counts = np.convolve(there.astype(np.float64), kernel, mode='same')
    return np.where(there, sums / np.maximum(counts, 1), np.nan)


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


def _select(curves: _Curves, keys: Sequence[str] | None, log: Path) -> _Curves:
    if keys is None:
        chosen = {key: curve for key, curve in curves.items() if _kind(key)}
        if not chosen:
            raise ValueError(f'{log} has no losses or learning rates to plot: {_known(curves)}')
        return chosen
    missing = [key for key in keys if key not in curves]
    if missing or not keys:
        raise ValueError(f'{log} has no scalars {missing}: {_known(curves)}')
    return {key: curves[key] for key in keys}


def _known(curves: _Curves) -> str:
    return f'it has {sorted(curves)}' if curves else 'no training iteration was logged'


def _draw_panel(ax: Axes, title: str, curves: _Curves, smoothing: int | None) -> None:
    for index, (key, (steps, values)) in enumerate(curves.items()):
        color = tuple(_LINES[index % len(_LINES)])
        window = smoothing or max(1, len(values) // 20)
        if window > 1:
            ax.plot(steps, values, color=color, alpha=0.25, linewidth=0.8)
        marker = 'o' if len(values) == 1 else ''
        ax.plot(steps, smooth(values, window), color=color, label=key, marker=marker)
    ax.set_title(title)
    ax.set_xlabel('iteration')
    if title == 'Learning rate' and all((values > 0).all() for _, values in curves.values()):
        ax.set_yscale('log')
    ax.grid(alpha=0.3)
    ax.legend(frameon=False, fontsize='small')
    ax.spines[['top', 'right']].set_visible(False)
