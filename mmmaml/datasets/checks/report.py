"""Findings of a check, as a table for people and as JSON for programs."""

import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rich import box
from rich.table import Table
from rich.text import Text

from .check_dataset import DatasetReport
from .problems import Problem

MOST_RANGES = 3
_STYLES = {'error': 'bold red', 'warning': 'yellow'}


def problem_table(report: DatasetReport) -> Table:
    """Return one row a problem, errors first, with the first lines or frames of each."""
    table = Table(box=box.SIMPLE_HEAD)
    table.add_column('', no_wrap=True)
    for title in ('where', 'problem'):
        table.add_column(title, overflow='fold')
    table.add_column('count', justify='right', no_wrap=True)
    for problem in [*report.of('error'), *report.of('warning')]:
        place = problem.place(MOST_RANGES)
        where = '\n'.join(filter(None, [_relative(problem.path, report.root), place]))
        table.add_row(
            Text(problem.severity, style=_STYLES[problem.severity]),
            Text(where),  # not markup: names may hold brackets
            Text(problem.message),
            str(problem.count),
        )
    return table


def summary(report: DatasetReport) -> str:
    """Return the content of the dataset and the number of its problems in one sentence."""
    held = report.sequences
    counts = (
        _plural(len(held), 'sequence'),
        _plural(sum(each.num_frames for each in held), 'frame'),
        _plural(sum(each.num_boxes for each in held), 'box', 'es'),
    )
    errors, warnings = (len(report.of(severity)) for severity in ('error', 'warning'))
    found = f'{_plural(errors, "error")}, {_plural(warnings, "warning")}'
    verdict = 'training or scores would be wrong' if errors else 'training can read it'
    return f'{", ".join(counts)}: {found}; {verdict}'


def content_lines(report: DatasetReport) -> list[str]:
    """Return lines about the boxes of each class and people whom no task can use, if any."""
    total: Counter[str] = Counter()
    for sequence in report.sequences:
        total.update(sequence.classes)
    said = ', '.join(f'{count} {name}' for name, count in total.most_common())
    lines = [f'boxes by class: {said}'] if said else []
    if single := sum(each.num_single for each in report.sequences):
        lines.append(
            f'{single} of {sum(each.num_identities for each in report.sequences)} identities have '
            'one image only: no task can use them, which takes two'
        )
    return lines


def report_to_json(report: DatasetReport) -> str:
    """Return JSON with ``sequences`` and ``problems``, paths relative to the checked folder."""
    document: dict[str, Any] = {
        'root': str(report.root),
        'fast': report.fast,
        'errors': len(report.of('error')),
        'warnings': len(report.of('warning')),
        'sequences': [
            {
                'path': _relative(each.root, report.root),
                'frames': each.num_frames,
                'boxes': each.num_boxes,
                'identities': each.num_identities,
                'boxes_that_count': each.num_counted,
                'boxes_to_train_on': each.num_trainable,
                'identities_with_one_image': each.num_single,
                'classes': each.classes,
            }
            for each in report.sequences
        ],
        'problems': _as_dicts(report.problems, report.root),
    }
    return json.dumps(document, indent=2, ensure_ascii=False) + '\n'


def _as_dicts(problems: Sequence[Problem], root: Path) -> list[dict[str, Any]]:
    return [
        {
            'severity': problem.severity,
            'path': _relative(problem.path, root),
            'message': problem.message,
            'count': problem.count,
            'place': problem.place(),
        }
        for problem in problems
    ]


def _relative(path: Path, root: Path) -> str:
    return path.relative_to(root).as_posix()


def _plural(count: int, noun: str, ending: str = 's') -> str:
    return f'{count} {noun}{"" if count == 1 else ending}'
