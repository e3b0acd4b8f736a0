"""Mean, spread and seed-by-seed differences of the raw numbers, as Markdown tables."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from evidence_variants import ONLINES, TRAININGS, Comparison

MEAN_OF_SHIFTS = 'mean of shifts'
PERCENT = ('accuracy', 'error', 'mAP', 'rank-1', 'MOTA', 'IDF1', 'HOTA', 'AssA', 'reentry')
Rows = Sequence[tuple[str, str]]


class Column(NamedTuple):
    """A column of a table of variants."""

    title: str
    group: str
    metric: str


class Change(NamedTuple):
    """Mean and spread over seeds of the differences between two variants."""

    mean: float
    spread: float
    seeds: int

    @property
    def exceeds_its_spread(self) -> bool:
        """Whether it is larger than its standard deviation over the seeds."""
        return self.seeds > 1 and abs(self.mean) > self.spread


class Evidence:
    """The raw numbers of all runs.

    Args:
        records: As ``measure_run`` returns them.
        shifts: Groups whose mean is taken.
    """

    def __init__(self, records: Sequence[Mapping[str, Any]], shifts: Sequence[str]) -> None:
        table = pd.DataFrame(list(records))
        keys = ['training', 'training_set', 'seed', 'online', 'metric']
        shifted = table[table['group'].isin(list(shifts))]
        mean = shifted.groupby(keys, as_index=False, sort=False)['value'].mean()
        self.table = pd.concat([table, mean.assign(group=MEAN_OF_SHIFTS)], ignore_index=True)
        self.table = self.table.set_index(
            ['training', 'online', 'training_set', 'group', 'metric']
        )
        self.table = self.table.sort_index()
        self.groups = list(dict.fromkeys(each['group'] for each in records))
        self.groups += [MEAN_OF_SHIFTS] if shifts else []

    def values(
        self, variant: tuple[str, str], training_set: str, group: str, metric: str
    ) -> pd.Series:
        """Value by seed; empty where the variant was not measured."""
        key = (*variant, training_set, group, metric)
        if key not in self.table.index:
            return pd.Series(dtype=float)
        return self.table.loc[[key]].set_index('seed')['value'].sort_index()

    def rows(self, training_set: str) -> list[tuple[str, str]]:
        """Variants, of training and online, that were measured on a training set."""
        here = self.table.xs(training_set, level='training_set').reset_index()
        there = set(zip(here['training'], here['online'], strict=True))
        return [(t, o) for t in TRAININGS for o in ONLINES if (t, o) in there]

    def change(
        self,
        comparison: Comparison,
        group: str,
        metric: str,
        relative: bool,
    ) -> Change:
        """Difference between two variants, seed by seed.

        Args:
            comparison: Which variants.
            group: Group of sequences.
            metric: Name of the metric.
            relative: Divide each difference by the old value.
        """
        new, old = (
            self.values(variant, comparison.training_set, group, metric)
            for variant in (comparison.new, comparison.old)
        )
        difference = (new - old).dropna()
        if relative:
            difference = (difference / old).replace([np.inf, -np.inf], np.nan).dropna()
        return Change(difference.mean(), difference.std(), len(difference))


def variant_table(
    evidence: Evidence, training_set: str, rows: Rows, columns: Sequence[Column]
) -> str:
    """Variants in rows; mean and standard deviation over the seeds."""
    header = ['training', 'adaptation', 'seeds', *(column.title for column in columns)]
    cells = []
    for training, online in rows:
        values = [
            evidence.values((training, online), training_set, c.group, c.metric) for c in columns
        ]
        shown = [cell(each, column.metric) for each, column in zip(values, columns, strict=True)]
        names = [TRAININGS[training].name, ONLINES[online].name, str(len(values[0]))]
        cells.append([*names, *shown])
    return markdown(header, cells, left=2)


CHANGES: tuple[tuple[str, str, bool], ...] = (
    ('association errors', 'error', True),
    ('ID switches', 'IDs', True),
    ('IDF1, points', 'IDF1', False),
    ('HOTA, points', 'HOTA', False),
    ('MOTA, points', 'MOTA', False),
)


def change_table(
    evidence: Evidence, comparisons: Sequence[Comparison], groups: Sequence[str], title: str
) -> str:
    """Comparisons in rows; in bold what is larger than its spread."""
    header = [title, 'sequences', 'seeds', *(name for name, _, _ in CHANGES)]
    cells = []
    for comparison in comparisons:
        for group in groups:
            changes = [evidence.change(comparison, group, m, rel) for _, m, rel in CHANGES]
            shown = [
                change_cell(change, relative)
                for change, (_, _, relative) in zip(changes, CHANGES, strict=True)
            ]
            cells.append([comparison.name, group, str(changes[0].seeds), *shown])
    return markdown(header, cells, left=2)


def cell(values: pd.Series, metric: str) -> str:
    """``93.1 ± 0.4``; percent of what is a share."""
    values = values.dropna()
    if not len(values):
        return '-'
    share = metric.split('_')[0] in PERCENT
    values = 100 * values if share else values
    digits = 1 if share else 0
    spread = f' ± {values.std():.1f}' if len(values) > 1 else ''
    return f'{values.mean():.{digits}f}{spread}'


def change_cell(change: Change, relative: bool) -> str:
    """``**-31.0 ± 5.2 %**``, bold where it exceeds its spread."""
    if not change.seeds:
        return '-'
    unit = ' %' if relative else ''
    spread = f' ± {100 * change.spread:.1f}' if change.seeds > 1 else ''
    text = f'{100 * change.mean:+.1f}{spread}{unit}'
    return f'**{text}**' if change.exceeds_its_spread else text


def markdown(header: Sequence[str], rows: Sequence[Sequence[str]], left: int) -> str:
    """A Markdown table whose first ``left`` columns are text."""
    rule = [*['---'] * left, *['---:'] * (len(header) - left)]
    return '\n'.join(f'| {" | ".join(cells)} |' for cells in (header, rule, *rows))
