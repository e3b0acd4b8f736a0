"""The page that the raw numbers make."""

import platform
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from string import Template
from typing import Any

import torch
from evidence_data import HELD_OUT, SHIFTS, UNSHIFTED, EvidenceData
from evidence_plot import draw
from evidence_presets import Preset
from evidence_summary import MEAN_OF_SHIFTS, Column, Evidence, change_table, variant_table
from evidence_variants import (
    HEADLINE,
    META_AGAINST_PLAIN,
    ONLINES,
    PARTS,
    TRAINING_SETS,
    TRAININGS,
    Training,
    TrainingSet,
)

from mmmaml.datasets.synthetic import Look
from mmmaml.utils import write_text

TEMPLATE = Path(__file__).with_name('evidence_template.md')
TRACKING = ('MOTA', 'IDF1', 'HOTA', 'IDs', 'reentry_1s', 'reentry_3s')
TITLES = {'reentry_1s': 'kept, 1 s', 'reentry_3s': 'kept, 3 s'}


@dataclass(frozen=True)
class Page:
    """What the page tells besides the numbers.

    Attributes:
        command: The command that wrote it.
        preset: How much was trained and measured.
        data: The sequences.
    """

    command: str
    preset: Preset
    data: EvidenceData


def write_page(path: Path, page: Page, evidence: Evidence) -> None:
    """Write the page, and its picture into ``images`` beside it."""
    image = path.parent / 'images' / f'{path.stem}.png'
    draw(evidence, image)
    training, online = HEADLINE[0].new
    text = Template(TEMPLATE.read_text(encoding='utf-8')).substitute(
        command=page.command,
        versions=f'torch {torch.__version__}, Python {platform.python_version()}',
        iterations=page.preset.iterations,
        data=_describe(page.data, page.preset),
        training_sets='\n'.join(f'- {_training_set(each)}' for each in TRAINING_SETS.values()),
        trainings='\n'.join(f'| {each.name} | {_training(each)} |' for each in TRAININGS.values()),
        onlines='\n'.join(f'| {each.name} | {each.note} |' for each in ONLINES.values()),
        image=image.relative_to(path.parent).as_posix(),
        default=f'{TRAININGS[training].name} with {ONLINES[online].name}',
        **_tables(evidence),
    )
    write_text(path, text)


def _tables(evidence: Evidence) -> dict[str, str]:
    judged = [g for g in (MEAN_OF_SHIFTS, UNSHIFTED, HELD_OUT) if g in evidence.groups]
    main = judged[0]
    return {
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


def _by_set(evidence: Evidence, columns: Sequence[Column]) -> str:
    """The same table for each training set."""
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
    looks = '\n'.join(f'- {group}: {_look(look)}' for group, look in SHIFTS.items())
    text = (
        f'Generated sequences: {preset.train_sequences} of {preset.train_frames} frames with '
        f'{preset.train_people} people each to train on; held out {counts[UNSHIFTED]} of the '
        f'same look and {preset.shifted} of each shifted one, of {preset.test_frames} frames '
        f'with {preset.test_people} people each, who are nobody of the training sequences. The '
        'shifts, with the settings of the generator:'
    )
    return f'{textwrap.fill(text, 100)}\n\n{looks}'


def _look(look: Look) -> str:
    changed = {k: v for k, v in vars(look).items() if v != getattr(Look(), k)}
    return ', '.join(f'`{name}={value}`' for name, value in changed.items())


def _training_set(each: TrainingSet) -> str:
    if each.identities is None and each.samples is None:
        return f'{each.name}: everything'
    return f'{each.name}: {each.identities} people with at most {each.samples} images each'


def _short(value: Any) -> str:
    """A value as on the page; of a pipeline the types tell enough."""
    if isinstance(value, list):
        return '[' + ', '.join(each['type'] for each in value) + ']'
    return repr(value)


def _training(each: Training) -> str:
    changed = {**each.inner_loop, **each.options}
    options = ', '.join(
        f'`{name.split(".")[-1]}={_short(value)}`' for name, value in changed.items()
    )
    return f'`configs/demo/{each.config}.py`' + (f' with {options}' if options else '')
