"""Counted people of each frame beside tracked ones."""

from collections.abc import Mapping

import numpy as np
from matplotlib.figure import Figure

from .canvas import clear_frame, line_color, new_figure


def crowd_figure(numbers: Mapping[str, np.ndarray], frame_rate: float | None = None) -> Figure:
    """Draw a line over time for each way to count people.

    Args:
        numbers: Label to numbers (T,) of people in each frame; NaN leaves a gap.
        frame_rate: Frames per second, for an axis in seconds; None for frames.

    Raises:
        ValueError: There is no line, or lines differ in length.
    """
    lengths = {len(each) for each in numbers.values()}
    if len(lengths) != 1:
        raise ValueError(f'lines of people need one length, got {sorted(lengths)}')
    figure = new_figure(10.4, 2.4)
    ax = figure.subplots()
    times = np.arange(lengths.pop()) / (frame_rate or 1.0) + (0 if frame_rate else 1)
    for number, (label, values) in enumerate(numbers.items()):
        ax.plot(times, values, color=line_color(number), linewidth=1.2, label=label)
    ax.set_xlabel('seconds' if frame_rate else 'frame')
    ax.set_ylabel('people')
    ax.set_ylim(bottom=0)
    ax.grid(alpha=0.3)
    ax.legend(loc='lower right', bbox_to_anchor=(1, 1), ncols=4, frameon=False, fontsize='small')
    clear_frame(ax)
    return figure
