"""The similarity γ of new tracks to training tasks (Eq. 6 of the paper) as a heatmap."""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from .canvas import new_figure


def task_similarity_figure(
    similarity: np.ndarray, track_videos: Sequence[str], task_videos: Sequence[str]
) -> Figure:
    """Draw γ of N new tracks and M training tasks, grouped by the videos they are from.

    Args:
        similarity: (N, M) γ, within [−1, 1].
        track_videos: N names of the videos of the tracks, equal ones side by side.
        task_videos: M names of the videos of the tasks, equal ones side by side.

    Raises:
        ValueError: There is nothing to draw, or the names do not belong to the matrix.
    """
    shape = (len(track_videos), len(task_videos))
    if similarity.shape != shape or 0 in shape:
        raise ValueError(
            f'similarity of shape {similarity.shape} needs as many names, at least one: got '
            f'{shape[0]} of tracks and {shape[1]} of tasks'
        )
    figure = new_figure(7.5, min(max(7.5 * shape[0] / shape[1], 3.0), 9.0))
    ax = figure.subplots()
    # Cividis is read alike with and without colour blindness, and in grey.
    image = ax.imshow(similarity, cmap='cividis', aspect='auto', interpolation='nearest')
    figure.colorbar(image, ax=ax, label=r'similarity $\gamma$ (Eq. 6)', shrink=0.9)
    ax.set_xlabel('training tasks, by video')
    ax.set_ylabel('new tracks, by video')
    _mark_videos(ax, task_videos, track_videos)
    return figure


def _mark_videos(ax: Axes, columns: Sequence[str], rows: Sequence[str]) -> None:
    starts, middles, names = _groups(columns)
    ax.set_xticks(middles, names, rotation=30, ha='right')
    for start in starts[1:]:
        ax.axvline(start - 0.5, color='white', linewidth=0.8)
    starts, middles, names = _groups(rows)
    ax.set_yticks(middles, names)
    for start in starts[1:]:
        ax.axhline(start - 0.5, color='white', linewidth=0.8)
    ax.tick_params(length=0)


def _groups(names: Sequence[str]) -> tuple[np.ndarray, np.ndarray, list[str]]:
    """Return start, middle and name of each run of equal names."""
    values = np.asarray(names, dtype=object)
    starts = np.flatnonzero(np.append(True, values[1:] != values[:-1]))
    ends = np.append(starts[1:], len(values))
    return starts, (starts + ends - 1) / 2, [str(each) for each in values[starts]]
