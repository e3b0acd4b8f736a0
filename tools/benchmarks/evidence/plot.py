"""Picture of association accuracy and IDF1 by group of sequences."""

from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from mmmaml.utils.files import atomic_path
from mmmaml.visualization.colors import PALETTE
from tools.benchmarks.evidence.summary import MEAN_OF_SHIFTS, Evidence
from tools.benchmarks.evidence.variants import ONLINES, TRAININGS

DRAWN = (('plain', 'last'), ('plain', 'mean'), ('plain', 'default'), ('meta', 'default'))
PANELS = {'accuracy': 'association accuracy, %', 'IDF1': 'IDF1, %'}
TRAINING_SET = 'full'
_COLORS = PALETTE[[6, 3, 2, 5]] / 255
_SPREAD = 0.12


def draw(evidence: Evidence, path: Path) -> None:
    """Draw mean and standard deviation over the seeds; the suffix chooses the format."""
    figure = Figure(figsize=(11, 4), layout='constrained')
    FigureCanvasAgg(figure)
    axes = figure.subplots(1, len(PANELS), squeeze=False).flat
    for ax, (metric, title) in zip(axes, PANELS.items(), strict=True):
        _draw_panel(ax, evidence, metric)
        ax.set_title(title)
    handles, labels = ax.get_legend_handles_labels()
    figure.legend(handles, labels, loc='outside lower center', ncols=2, frameon=False)
    with atomic_path(path) as temporary:
        figure.savefig(temporary, dpi=90)


def _draw_panel(ax: Axes, evidence: Evidence, metric: str) -> None:
    measured = set(evidence.rows(TRAINING_SET))
    for number, (variant, color) in enumerate(zip(DRAWN, _COLORS, strict=True)):
        if variant not in measured:
            continue
        values = [evidence.values(variant, TRAINING_SET, g, metric) for g in evidence.groups]
        shift = (number - (len(DRAWN) - 1) / 2) * _SPREAD
        training, online = variant
        ax.errorbar(
            [k + shift for k in range(len(values))],
            [100 * each.mean() for each in values],
            [100 * each.std() if len(each) > 1 else 0 for each in values],
            fmt='o',
            markersize=5,
            capsize=2,
            color=tuple(color),
            label=f'{TRAININGS[training].name}; {ONLINES[online].name}',
        )
    names = [group.replace(' of ', ' of\n') for group in evidence.groups]
    ax.set_xticks(range(len(names)), names)
    if MEAN_OF_SHIFTS in evidence.groups:
        ax.axvline(len(names) - 1.5, color='0.8', linewidth=0.8)
    ax.grid(axis='y', alpha=0.3)
    ax.spines[['top', 'right']].set_visible(False)
