"""Mean, spread and seed-by-seed differences of the raw numbers, as Markdown tables."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from tools.benchmarks.common.tables import table
from tools.benchmarks.evidence.variants import ONLINES, TRAININGS, Comparison, Training

MEAN_OF_SHIFTS = 'mean of shifts'
PERCENT = ('accuracy', 'error', 'mAP', 'rank-1', 'MOTA', 'IDF1', 'HOTA', 'AssA', 'reentry')
Rows = Sequence[tuple[str, str]]
KEYS = ('training', 'online', 'training_set', 'group', 'metric')


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
        """True if it is larger than its standard deviation over the seeds."""
        return self.seeds > 1 and abs(self.mean) > self.spread


class Evidence:
    """The raw numbers of all runs.

    Args:
        records: As ``measure_run`` returns them.
        shifts: Groups whose mean is taken.
        trainings: Trainings in the order of the tables.
    """

    def __init__(
        self,
        records: Sequence[Mapping[str, Any]],
        shifts: Sequence[str],
        trainings: Mapping[str, Training] = TRAININGS,
    ) -> None:
        self.trainings = trainings
        frame = pd.DataFrame(list(records))
        keys = ['training', 'training_set', 'seed', 'online', 'metric']
        shifted = frame[frame['group'].isin(list(shifts))]
        mean = shifted.groupby(keys, as_index=False, sort=False)['value'].mean()
        table = pd.concat([frame, mean.assign(group=MEAN_OF_SHIFTS)], ignore_index=True)
        self._by_seed: dict[tuple[str, ...], dict[int, float]] = defaultdict(dict)
        for *key, seed, value in table[[*KEYS, 'seed', 'value']].itertuples(index=False):
            self._by_seed[tuple(key)][seed] = value
        self.groups = list(dict.fromkeys(each['group'] for each in records))
        self.groups += [MEAN_OF_SHIFTS] if shifts else []

    def values(
        self, variant: tuple[str, str], training_set: str, group: str, metric: str
    ) -> pd.Series:
        """Return the value by seed; empty if the variant was not measured."""
        by_seed = self._by_seed.get((*variant, training_set, group, metric), {})
        return pd.Series(by_seed, dtype=float).sort_index()

    def rows(self, training_set: str) -> list[tuple[str, str]]:
        """List variants, of training and online, that were measured on a training set."""
        there = {tuple(key[:2]) for key in self._by_seed if key[2] == training_set}
        return [(t, o) for t in self.trainings for o in ONLINES if (t, o) in there]

    def change(
        self,
        comparison: Comparison,
        group: str,
        metric: str,
        relative: bool,
    ) -> Change:
        """Take the difference between two variants, seed by seed.

        Args:
            comparison: The variants.
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
    """Lay out variants in rows; mean and standard deviation over the seeds."""
    header = ['training', 'adaptation', 'seeds', *(column.title for column in columns)]
    cells = []
    for training, online in rows:
        values = [
            evidence.values((training, online), training_set, c.group, c.metric) for c in columns
        ]
        shown = [cell(each, column.metric) for each, column in zip(values, columns, strict=True)]
        names = [evidence.trainings[training].name, ONLINES[online].name, str(len(values[0]))]
        cells.append([*names, *shown])
    return table(header, cells, text_columns=2).rstrip()


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
    """Lay out comparisons in rows; changes larger than their spread are bold."""
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
    return table(header, cells, text_columns=2).rstrip()


def change_sentences(
    evidence: Evidence, comparisons: Sequence[Comparison], group: str
) -> list[str]:
    """Tell each comparison that was measured in one line; bold as in :func:`change_table`."""
    lines = []
    for comparison in comparisons:
        cells = []
        for title, metric, relative in CHANGES[:3]:
            change = evidence.change(comparison, group, metric, relative)
            name, _, unit = title.partition(', ')
            cells.append(f'{name} {change_cell(change, relative)} {unit}'.rstrip())
        if change.seeds:
            lines.append(f'- {comparison.name}: {", ".join(cells)}.')
    return lines


def cell(values: pd.Series, metric: str) -> str:
    """Format as ``93.1 ± 0.4``; shares in percent."""
    values = values.dropna()
    if not len(values):
        return '-'
    share = metric.split('_')[0] in PERCENT
    values = 100 * values if share else values
    digits = 1 if share else 0
    spread = f' ± {values.std():.1f}' if len(values) > 1 else ''
    return f'{values.mean():.{digits}f}{spread}'


def change_cell(change: Change, relative: bool) -> str:
    """Format as ``**-31.0 ± 5.2 %**``, bold if it exceeds its spread."""
    if not change.seeds:
        return '-'
    unit = ' %' if relative else ''
    spread = f' ± {100 * change.spread:.1f}' if change.seeds > 1 else ''
    text = f'{100 * change.mean:+.1f}{spread}{unit}'
    return f'**{text}**' if change.exceeds_its_spread else text
