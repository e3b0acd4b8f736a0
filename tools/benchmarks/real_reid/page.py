"""The page that the raw numbers make."""

import platform
from collections.abc import Mapping, Sequence
from pathlib import Path
from string import Template
from typing import Any

import numpy as np
import torch

from tools.benchmarks.common.tables import table
from tools.benchmarks.evidence.summary import (
    Column,
    Evidence,
    cell,
    change_sentences,
    change_table,
    variant_table,
)
from tools.benchmarks.evidence.variants import Comparison
from tools.benchmarks.real_reid.last_layer import LAYERS
from tools.benchmarks.real_reid.variants import (
    ATTEMPTS,
    MAIN,
    SETS,
    TRAININGS,
    FolderTraining,
    PeopleSet,
)

TEMPLATE = Path(__file__).parent / 'templates' / 'evidence_real.md'
ALL = 'all'
COLUMNS = (
    *('error', 'error_1s', 'error_2s', 'error_4s'),
    *('MOTA', 'IDF1', 'HOTA', 'IDs'),
)
TITLES = {
    'error': 'association errors',
    'error_1s': 'after 1 s',
    'error_2s': '2 s',
    'error_4s': '4 s',
}
ADAPTED, NOT_ADAPTED = 'default', 'mean'
Records = Sequence[Mapping[str, Any]]


def page(records: Records, layers: Records, iterations: int, facts: Mapping[str, str]) -> str:
    """Fill the template.

    Args:
        records: Of networks trained from random weights, as the evidence has them.
        layers: Of last layers over frozen features, ``training`` being a key of ``LAYERS``.
        iterations: Of a training on everybody.
        facts: ``command``, ``network``.
    """
    evidence = Evidence(records, [], TRAININGS)
    sets = [each for each in SETS.values() if evidence.rows(each.key)]
    groups = [ALL, *(g for g in evidence.groups if g != ALL)]
    return Template(TEMPLATE.read_text(encoding='utf-8')).substitute(
        facts,
        versions=f'torch {torch.__version__}, Python {platform.python_version()}',
        summary='\n'.join(change_sentences(evidence, _compared(evidence, sets, META), ALL)),
        sets='\n'.join(f'- {_describe(each, iterations)}' for each in sets),
        trainings='\n'.join(
            f'| {each.name} | {_training(each)} |'
            for each in TRAININGS.values()
            if any(each.key == row[0] for s in sets for row in evidence.rows(s.key))
        ),
        changes=change_table(
            evidence,
            _compared(evidence, sets, META),
            [ALL],
            'training set and comparison',
        ),
        by_video=change_table(
            evidence,
            _compared(evidence, sets, META),
            groups[1:],
            'training set and comparison',
        ),
        adaptation=change_table(
            evidence, _compared(evidence, sets, ADAPTATION), [ALL], 'training set and network'
        ),
        levels='\n\n'.join(_levels(evidence, each) for each in sets),
        layers=_layers(layers),
        attempts=change_table(
            evidence, _compared(evidence, sets, TRIED), [ALL], 'training set and attempt'
        ),
    )


def _compared(
    evidence: Evidence,
    sets: Sequence[PeopleSet],
    pairs: Sequence[tuple[tuple[str, str], tuple[str, str], str]],
) -> list[Comparison]:
    """Compare variants, new and old, of each set on which both were measured."""
    return [
        Comparison(f'{each.name}, {words}', new, old, each.key)
        for each in sets
        for new, old, words in pairs
        if {new, old} <= {*evidence.rows(each.key)}
    ]


META = tuple(
    (('meta', ADAPTED), (key, ADAPTED), f'against {MAIN[key].name}')
    for key in ('plain', 'plain_noisy')
)
ADAPTATION = tuple(
    ((key, ADAPTED), (key, NOT_ADAPTED), training.name) for key, training in MAIN.items()
)
TRIED = tuple(
    ((key, ADAPTED), ('plain', ADAPTED), training.name) for key, training in ATTEMPTS.items()
)
"""Variants, new and old, and words for their comparison."""


def _levels(evidence: Evidence, each: PeopleSet) -> str:
    rows = [row for row in evidence.rows(each.key) if row[0] not in ATTEMPTS]
    columns = [Column(TITLES.get(metric, metric), ALL, metric) for metric in COLUMNS]
    return f'{each.name}:\n\n' + variant_table(evidence, each.key, rows, columns)


def _layers(records: Records) -> str:
    """Lay out last layers: mean and standard deviation over the seeds."""
    if not records:
        return 'Not measured.'
    import pandas as pd

    frame = pd.DataFrame(list(records))
    frame = frame[frame['group'] == ALL]
    rows = []
    for key, layer in LAYERS.items():
        for online, word in ((NOT_ADAPTED, 'no'), (ADAPTED, 'yes')):
            here = frame[(frame['training'] == key) & (frame['online'] == online)]
            if len(here):
                values = {m: here[here['metric'] == m].set_index('seed')['value'] for m in COLUMNS}
                seeds = str(len(values['error']))
                shown = [_precise(values[m], m) for m in COLUMNS]
                rows.append([layer.name, word, seeds, *shown])
    header = ['last layer', 'adapted', 'seeds', *(TITLES.get(m, m) for m in COLUMNS)]
    return table(header, rows, text_columns=2).rstrip()


def _precise(values: Any, metric: str) -> str:
    """Format errors of a strong network with two digits, the rest as everywhere."""
    if not metric.startswith('error') or not len(values):
        return cell(values, metric)
    spread = f' ± {100 * np.std(values, ddof=1):.2f}' if len(values) > 1 else ''
    return f'{100 * values.mean():.2f}{spread}'


def _describe(each: PeopleSet, iterations: int) -> str:
    height, width = each.size
    about = round(iterations * each.length)
    return f'{each.name}: crops of {height}x{width} pixels, about {about} iterations'


def _training(each: FolderTraining) -> str:
    changed = {**each.inner_loop, **each.options}
    options = [f'`{name.split(".")[-1]}={value!r}`' for name, value in changed.items()]
    if each.augment is not None:
        augment = ', '.join(_transform(t) for t in each.augment) or 'nothing'
        options.append(f'{augment} after the flip')
    return f'`{each.config}_*`' + (f' with {", ".join(options)}' if options else '')


def _transform(config: Mapping[str, Any]) -> str:
    arguments = ', '.join(f'{k}={v!r}' for k, v in config.items() if k != 'type')
    return f'`{config["type"]}({arguments})`'
