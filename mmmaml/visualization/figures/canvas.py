"""Figures of Matplotlib that no window and no global state knows of."""

import io
import os
from pathlib import Path

import matplotlib
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from mmmaml.utils.files import atomic_path

from ..colors import PALETTE

# Strong hues first: the palette's yellow is hard to see on white.
LINES = PALETTE[[5, 2, 3, 6, 0, 1]] / 255


def new_figure(width: float, height: float) -> Figure:
    """Make an empty figure of a size in inches, which pyplot does not keep alive."""
    figure = Figure(figsize=(width, height), layout='constrained')
    FigureCanvasAgg(figure)
    return figure


def line_color(number: int) -> tuple[float, ...]:
    """Return the colour of a line by its number, from 0; they start again after six."""
    return tuple(LINES[number % len(LINES)].tolist())


def clear_frame(ax: Axes) -> None:
    """Leave out the lines above and to the right."""
    ax.spines[['top', 'right']].set_visible(False)


def check_picture(out: Path) -> None:
    """Refuse the name of a picture that no format has.

    Raises:
        ValueError: No format has that suffix.
    """
    formats = FigureCanvasAgg.get_supported_filetypes()
    if out.suffix[1:].lower() not in formats:
        raise ValueError(
            f'{out}: pictures are written as {", ".join(f".{each}" for each in sorted(formats))}'
        )


def save_figure(figure: Figure, out: str | os.PathLike, dpi: int = 150) -> Path:
    """Write a figure, whole or not at all.

    Args:
        figure: The figure.
        out: The picture; the suffix chooses the format (``.png``, ``.pdf``, ``.svg``).
        dpi: Pixels per inch, of formats that have pixels.

    Raises:
        ValueError: No format has that suffix.
    """
    out = Path(out)
    check_picture(out)
    with atomic_path(out) as temporary:
        figure.savefig(temporary, dpi=dpi)
    return out


def figure_to_svg(figure: Figure) -> str:
    """Write the figure as SVG whose text stays text; the same figure, the same bytes."""
    buffer = io.StringIO()
    with matplotlib.rc_context({'svg.fonttype': 'none', 'svg.hashsalt': 'mmmaml'}):
        figure.savefig(buffer, format='svg', metadata={'Date': None, 'Creator': None})
    return buffer.getvalue()
