"""The table of a search."""

import io
from collections.abc import Sequence

import numpy as np
from rich.console import Console
from rich.table import Table

from .folds import Candidate, Decision
from .search_space import SearchSpace
from .trial import METRICS, Scorer, Scores

HEADER = 'sequence', 'start', 'in the search', 'held out', 'adopted'


def score_rows(
    scorer: Scorer, candidates: Sequence[Candidate], decision: Decision
) -> list[list[str]]:
    """Return cells ``HOTA / IDF1 / MOTA / IDs`` for each sequence, and their mean.

    The columns: the start; values that were searched on this sequence among others, their mean
    if several folds have it; values of the fold that held it out; values adopted.
    """
    start = scorer.space.start
    adopted = start if decision.adopted is None else decision.adopted.values
    columns: list[list[Scores]] = []
    for name in scorer.names:
        inside = [c.values for c in candidates if name in c.fold.searched]
        outside = [c.values for c in candidates if name in c.fold.held_out]
        groups = [[start], inside, outside, [adopted]]
        columns.append([_mean([scorer.score(name, v) for v in group]) for group in groups])
    rows = [[name, *map(_cell, cells)] for name, cells in zip(scorer.names, columns, strict=True)]
    rows.append(['MEAN', *(_cell(_mean(each)) for each in zip(*columns, strict=True))])
    return rows


def terminal_table(rows: Sequence[Sequence[str]]) -> str:
    """Format the rows with box-drawing lines."""
    table = Table(caption=f'{" / ".join(METRICS)}, ratios in percent', caption_justify='left')
    for number, title in enumerate(HEADER):
        table.add_column(title, justify='right' if number else 'left', no_wrap=True)
    for row in rows[:-1]:
        table.add_row(*row)
    table.add_section()
    table.add_row(*rows[-1], style='bold')
    widths = (max(map(len, column)) for column in zip(HEADER, *rows, strict=True))
    console = Console(file=io.StringIO(), width=sum(widths) + 3 * len(HEADER) + 1)
    console.print(table)
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def describe(space: SearchSpace, decision: Decision) -> list[str]:
    """Say what was adopted and why, a line each."""
    if decision.adopted is None:
        return [f'The options stay as they were: {decision.reason}.']
    changes = space.changes(decision.adopted.values)
    values = ', '.join(f'{name}={value:g}' for name, value in changes.items())
    return [f'Adopted: {values}.', f'Because {decision.reason}.']


def _mean(scores: Sequence[Scores]) -> Scores:
    return {metric: float(np.mean([each[metric] for each in scores])) for metric in METRICS}


def _cell(scores: Scores) -> str:
    parts = [f'{100 * scores[metric]:.1f}' for metric in METRICS if metric != 'IDs']
    return ' / '.join([*parts, f'{scores["IDs"]:.0f}'])
