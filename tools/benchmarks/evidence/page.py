"""Page and appendix that the raw numbers make."""

import platform
import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from string import Template
from typing import Any

import torch

from mmmaml.datasets.synthetic import SequenceAppearance
from mmmaml.utils import write_text
from tools.benchmarks.evidence.data import HELD_OUT, SHIFTS, UNSHIFTED, EvidenceData
from tools.benchmarks.evidence.plot import draw
from tools.benchmarks.evidence.presets import Preset
from tools.benchmarks.evidence.summary import (
    MEAN_OF_SHIFTS,
    Column,
    Evidence,
    cell,
    change_sentences,
    change_table,
    variant_table,
)
from tools.benchmarks.evidence.variants import (
    HEADLINE,
    META_AGAINST_PLAIN,
    ONLINES,
    PARTS,
    SUMMARY,
    TRAINING_SETS,
    TRAININGS,
    Training,
    TrainingSet,
)

TEMPLATES = Path(__file__).with_name('templates')
TRACKING = ('MOTA', 'IDF1', 'HOTA', 'IDs', 'reentry_1s', 'reentry_3s')
TITLES = {'reentry_1s': 'kept, 1 s', 'reentry_3s': 'kept, 3 s'}
LEVELS = {
    'Association accuracy': (
        'accuracy',
        ('meta', 'default'),
        ('plain', 'mean'),
        ('letter', 'mean'),
    ),
    'Ids kept at re-entry, after 1 s or more': (
        'reentry_1s',
        ('meta', 'default'),
        ('meta', 'uncalibrated'),
        ('plain', 'mean'),
    ),
}
"""Metric and variants, on the full training set, of sentences on the first page."""


@dataclass(frozen=True)
class Page:
    """Facts of a page beside the numbers.

    Attributes:
        command: The command that wrote it.
        preset: Amount of training and measuring.
        data: The sequences.
    """

    command: str
    preset: Preset
    data: EvidenceData


def write_page(path: Path, page: Page, evidence: Evidence) -> None:
    """Write the page, its appendix of tables beside it, and its picture into ``images``.

    Args:
        path: The page, ``NAME.md``; the appendix is ``NAME_appendix.md``.
        page: Facts beside the numbers.
        evidence: The numbers.
    """
    draw(evidence, path.parent / _image(path))
    fields = {**names_of(path), **_facts(page), **_tables(evidence)}
    for target, text in fill(path, fields).items():
        write_text(target, text)


def fill(path: Path, fields: Mapping[str, str]) -> dict[Path, str]:
    """Fill the templates; returns the text of the page and of its appendix by path."""
    templates = {path: 'evidence.md', path.with_name(names_of(path)['appendix']): 'appendix.md'}
    return {
        target: Template((TEMPLATES / name).read_text(encoding='utf-8')).substitute(fields)
        for target, name in templates.items()
    }


def names_of(path: Path) -> dict[str, str]:
    """Name the page, its appendix and its picture, as links on them do."""
    return {'page': path.name, 'appendix': f'{path.stem}_appendix.md', 'image': _image(path)}


def _image(path: Path) -> str:
    return f'images/{path.stem}.png'


def _facts(page: Page) -> dict[str, str]:
    training, online = HEADLINE[0].new
    return {
        'command': page.command,
        'versions': f'torch {torch.__version__}, Python {platform.python_version()}',
        'iterations': str(page.preset.iterations),
        'data': _describe(page.data, page.preset),
        'training_sets': '\n'.join(f'- {_training_set(each)}' for each in TRAINING_SETS.values()),
        'trainings': '\n'.join(f'| {t.name} | {_training(t)} |' for t in TRAININGS.values()),
        'onlines': '\n'.join(f'| {each.name} | {each.note} |' for each in ONLINES.values()),
        'default': f'{TRAININGS[training].name} with {ONLINES[online].name}',
    }


def _tables(evidence: Evidence) -> dict[str, str]:
    judged = [g for g in (MEAN_OF_SHIFTS, UNSHIFTED, HELD_OUT) if g in evidence.groups]
    main = judged[0]
    return {
        'summary': '\n'.join(
            [*change_sentences(evidence, SUMMARY, main), *_levels(evidence, main)]
        ),
        'headline': change_table(evidence, HEADLINE, judged, 'against'),
        'meta': change_table(evidence, META_AGAINST_PLAIN, judged, 'training set'),
        'parts': change_table(evidence, PARTS, judged, 'part'),
        'scope': main,
        'accuracy': _by_set(evidence, [Column(g, g, 'accuracy') for g in evidence.groups]),
        'absences': _by_set(
            evidence, [Column(f'{s} s', main, f'accuracy_{s}s') for s in (1, 3, 5)]
        ),
        'retrieval': _by_set(
            evidence, [Column(f'{m}, {g}', g, m) for g in judged for m in ('mAP', 'rank-1')]
        ),
        'tracking': '\n\n'.join(
            f'### {group.capitalize()}\n\n'
            + _by_set(evidence, [Column(TITLES.get(m, m), group, m) for m in TRACKING])
            for group in judged
        ),
    }


def _levels(evidence: Evidence, group: str) -> list[str]:
    """Tell the values of some variants, a line for each metric."""
    lines = []
    for title, (metric, *variants) in LEVELS.items():
        parts = [
            f'{TRAININGS[training].name}, {ONLINES[online].name}: '
            f'{cell(evidence.values((training, online), "full", group, metric), metric)} %'
            for training, online in variants
            if (training, online) in evidence.rows('full')
        ]
        lines.append(f'- {title}. {"; ".join(parts)}.')
    return lines


def _by_set(evidence: Evidence, columns: Sequence[Column]) -> str:
    """Lay out the same table for each training set."""
    tables = [
        f'Training set: {each.name}\n\n'
        + variant_table(evidence, each.key, evidence.rows(each.key), columns)
        for each in TRAINING_SETS.values()
    ]
    return '\n\n'.join(tables)


def _describe(data: EvidenceData, preset: Preset) -> str:
    counts = {group: len(names) for group, names in data.groups.items()}
    if not data.shifts:
        return (
            f'Sequences of a folder: {len(data.train.sequences())} to train on, '
            f'{sum(counts.values())} held out.'
        )
    shifts = '\n'.join(
        f'- {group}: {_appearance(appearance)}' for group, appearance in SHIFTS.items()
    )
    text = (
        f'Generated sequences: {preset.train_sequences} of {preset.train_frames} frames with '
        f'{preset.train_people} people each to train on; held out {counts[UNSHIFTED]} of the '
        f'same appearance and {preset.shifted} of each shifted one, of {preset.test_frames} '
        f'frames with {preset.test_people} people each, none of them in training. The '
        'shifts, with the settings of the generator:'
    )
    return f'{textwrap.fill(text, 100)}\n\n{shifts}'


def _appearance(appearance: SequenceAppearance) -> str:
    changed = {k: v for k, v in vars(appearance).items() if v != getattr(SequenceAppearance(), k)}
    return ', '.join(f'`{name}={value}`' for name, value in changed.items())


def _training_set(each: TrainingSet) -> str:
    if each.identities is None and each.samples is None:
        return f'{each.name}: everything'
    return f'{each.name}: {each.identities} people with at most {each.samples} images each'


def _short(value: Any) -> str:
    """Format a value; of a pipeline the types tell enough."""
    if isinstance(value, list):
        return '[' + ', '.join(each['type'] for each in value) + ']'
    return repr(value)


def _training(each: Training) -> str:
    changed = {**each.inner_loop, **each.options}
    options = ', '.join(
        f'`{name.split(".")[-1]}={_short(value)}`' for name, value in changed.items()
    )
    return f'`configs/demo/{each.config}.py`' + (f' with {options}' if options else '')
