"""A training task as a picture: support and query side by side."""

import textwrap
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import to_hex
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from torch import Tensor

from mmmaml.structures import TaskDataSample

from ..colors import track_colors
from .canvas import line_color, new_figure

_GAP = 0.35
"""Width between support and query, in images."""
_LETTERS_PER_INCH = 17
"""Of the names above pictures: a long one is broken into lines and does not cover the next."""


def task_figure(inputs: Tensor, sample: TaskDataSample, title: str = '') -> Figure:
    """Draw a task: of crops a row for each identity, of frames one row with its people framed.

    Support stands left, query right. Rows say whom they show, pictures the file of their frame.
    What a network is trained on is shown as it is, so a mistake in annotations, in the loading or
    an augmentation that goes too far can be seen.

    Args:
        inputs: (N, k + q, 3, H, W) crops or (k + q, 3, H, W) frames, uint8 in blue, green, red.
        sample: What is known of them, as :class:`~mmmaml.datasets.EpisodicDataset` gives it.
        title: Above the picture.

    Raises:
        ValueError: ``inputs`` have another shape.
    """
    if inputs.ndim not in (4, 5) or inputs.shape[-3] != 3:
        raise ValueError(
            f'inputs have shape {tuple(inputs.shape)}, not (N, k + q, 3, H, W) or (k + q, 3, H, W)'
        )
    frames = inputs.ndim == 4
    images = inputs[None] if frames else inputs
    pictures = images.flip(2).permute(0, 1, 3, 4, 2).cpu().numpy()
    rows, columns, height, width = pictures.shape[:4]
    tall = 1.5 if not frames else 2.2
    wide = tall * width / height
    figure = new_figure(wide * (columns + 1.5), (tall + 0.25) * rows + 0.7)
    support = sample.metainfo['num_support']
    ratios = [1.0] * support + [_GAP] + [1.0] * (columns - support)
    grid = figure.subplots(rows, columns + 1, squeeze=False, gridspec_kw={'width_ratios': ratios})
    for row in range(rows):
        for column in range(columns):
            ax = grid[row][column if column < support else column + 1]
            _draw_image(ax, pictures[row, column], is_query=column >= support)
            path = Path(sample.metainfo['img_paths'][row * columns + column])
            letters = max(8, int(wide * _LETTERS_PER_INCH))
            ax.set_title(textwrap.fill(path.name, letters), fontsize=6, pad=2)
            if frames:
                _draw_people(ax, sample, column)
        grid[row][support].set_axis_off()
        if not frames:
            grid[row][0].set_ylabel(_identity(sample, row), fontsize=7)
    grid[0][0].annotate('support', (0, 1.2), xycoords='axes fraction', color=line_color(0))
    grid[0][support + 1].annotate('query', (0, 1.2), xycoords='axes fraction', color=line_color(1))
    figure.suptitle(title or _videos(sample), fontsize=9)
    return figure


def _draw_image(ax: Axes, picture: np.ndarray, is_query: bool) -> None:
    ax.imshow(picture)
    ax.set_xticks([])
    ax.set_yticks([])
    for spine in ax.spines.values():
        spine.set_edgecolor(to_hex(np.array(line_color(int(is_query)))))  # type: ignore[arg-type]
        spine.set_linewidth(2)


def _identity(sample: TaskDataSample, row: int) -> str:
    meta = sample.metainfo
    return f'id {int(meta["instance_ids"][row])}, label {int(sample.labels[row])}'


def _videos(sample: TaskDataSample) -> str:
    folders = {Path(path).parent.parent.name for path in sample.metainfo['img_paths']}
    return ', '.join(sorted(folders))


def _draw_people(ax: Axes, sample: TaskDataSample, frame: int) -> None:
    """Draw the boxes of the frame: the task's ways in colour, others thin and grey."""
    boxes = sample.gt_instances[sample.gt_instances.frames == frame]
    ways = set(sample.labels[sample.labels >= 0].tolist())
    identities = boxes.instances_ids.cpu().numpy()
    colors = track_colors(np.maximum(identities, 0)) / 255
    for box, identity, color in zip(boxes.bboxes.tolist(), identities, colors, strict=True):
        left, top, right, bottom = box
        taken = int(identity) in ways
        ax.add_patch(
            Rectangle(
                (left, top),
                right - left,
                bottom - top,
                fill=False,
                color=tuple(color) if taken else 'grey',
                linewidth=1.5 if taken else 0.5,
            )
        )
