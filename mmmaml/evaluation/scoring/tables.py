"""Scores as tables for people (ratios in percent) and as JSON for programs (fractions)."""

import io
import json
import math
from collections.abc import Mapping
from typing import Any

from rich.console import Console
from rich.table import Table

from ..recognition.reentry import Kept, sum_reentry
from ..sequences import CountErrors, Evaluation, Scores
from .crowd_counting import METHODS, sum_counting
from .trackeval_scorer import RATIOS

COLUMNS = ('HOTA', 'DetA', 'AssA', 'MOTA', 'IDF1', 'IDs', 'MT', 'ML', 'FP', 'FN', 'Frag')
CROSS_CHECK_COLUMNS = ('MOTA', 'IDF1', 'IDs')
OVERALL = 'OVERALL'
NOTE = (
    'Scores by TrackEval. The columns named mm are motmetrics on the same boxes: it matches '
    'frames in another order, so the two may differ by a switch or two.'
)


COUNTING = (
    'Counting: mean absolute error, bias (counted minus true) and relative error of the people of '
    'a frame, by density map, by detections (boxes) and by tracks. True are the people of the '
    'ground truth that count in the scores and have the centre of their box in the image.'
)


def terminal_table(evaluation: Evaluation, cross_check: bool = False) -> str:
    """Format a table with box-drawing lines, one row a sequence and one over all.

    A second one shows the errors of counted people if the model counts.

    Args:
        evaluation: The scores; re-entry is shown as kept / all if it was counted.
        cross_check: Show the scores of motmetrics beside.
    """
    cells = score_cells(evaluation, cross_check)
    text = _terminal(*cells, NOTE if cross_check else None)
    return text + (_terminal(*counting_cells(evaluation)) if _counting(evaluation) else '')


def _terminal(header: list[str], rows: list[list[str]], caption: str | None = None) -> str:
    table = Table(caption=caption, caption_justify='left')
    for i, title in enumerate(header):
        table.add_column(title, justify='right' if i else 'left', no_wrap=True)
    for row in rows[:-1]:
        table.add_row(*row)
    table.add_section()
    table.add_row(*rows[-1], style='bold')
    console = Console(file=io.StringIO(), width=_width(header, rows))
    console.print(table)
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def markdown_table(evaluation: Evaluation, cross_check: bool = False) -> str:
    """Format the same tables in Markdown, ending with a line break."""
    lines = _markdown(*score_cells(evaluation, cross_check))
    if cross_check:
        lines += ['', NOTE]
    if _counting(evaluation):
        lines += ['', *_markdown(*counting_cells(evaluation))]
    return '\n'.join(lines) + '\n'


def _markdown(header: list[str], rows: list[list[str]]) -> list[str]:
    rules = ['---', *['---:'] * (len(header) - 1)]
    return ['| ' + ' | '.join(cells) + ' |' for cells in (header, rules, *rows)]


def legend(evaluation: Evaluation) -> list[str]:
    """Explain the numbers, and say what was not used, a sentence each."""
    lines = [
        f'Scores by TrackEval with the preprocessing of {evaluation.benchmark}, ratios in percent.'
    ]
    if _reentry(evaluation):
        lines.append(
            'kept: people who came back after at least so many seconds and kept their id, of all '
            'who came back.'
        )
    if _counting(evaluation):
        lines.append(COUNTING)
    return [*lines, *evaluation.notes]


def evaluation_to_json(evaluation: Evaluation) -> str:
    """Format JSON with ``benchmark``, ``overall``, ``sequences`` and ``notes``.

    Scores of motmetrics stand under ``motmetrics``, re-entry under ``reentry`` by least length
    of the absence in seconds, if it was counted, and errors of counted people under ``counting``
    by way to count, if the model counts. A value that is not a number (motmetrics' MOTA without
    ground truth) becomes null.
    """
    sequences = evaluation.sequences
    document: dict[str, Any] = {
        'benchmark': evaluation.benchmark,
        'overall': _finite(evaluation.overall),
        'sequences': {name: _finite(each.scores) for name, each in sequences.items()},
        'motmetrics': {
            'overall': _finite(evaluation.cross_check),
            'sequences': {name: _finite(each.cross_check) for name, each in sequences.items()},
        },
        'notes': evaluation.notes,
    }
    if reentry := _reentry(evaluation):
        document['reentry'] = {
            'overall': _kept_as_dict(sum_reentry(reentry.values())),
            'sequences': {name: _kept_as_dict(kept) for name, kept in reentry.items()},
        }
    if counting := _counting(evaluation):
        document['counting'] = {
            'overall': _errors_as_dict(sum_counting(counting.values())),
            'sequences': {name: _errors_as_dict(each) for name, each in counting.items()},
        }
    return json.dumps(document, indent=2, allow_nan=False) + '\n'


def scores_from_json(values: Mapping[str, int | float | None]) -> Scores:
    """Read scores of :func:`evaluation_to_json` again; null becomes NaN."""
    return {name: math.nan if value is None else value for name, value in values.items()}


def score_cells(
    evaluation: Evaluation, cross_check: bool = False
) -> tuple[list[str], list[list[str]]]:
    """Return header and rows as text; the last row is the one over all sequences.

    Args:
        evaluation: The scores.
        cross_check: Add columns for the scores of motmetrics.
    """
    rows = [
        [name, *_cells(each.scores, each.cross_check if cross_check else None)]
        for name, each in evaluation.sequences.items()
    ]
    total_check = evaluation.cross_check if cross_check else None
    rows.append([OVERALL, *_cells(evaluation.overall, total_check)])
    header = ['Sequence', *COLUMNS]
    if cross_check:
        header += [f'{column} (mm)' for column in CROSS_CHECK_COLUMNS]
    if reentry := _reentry(evaluation):
        total = sum_reentry(reentry.values())
        header += [f'kept {seconds:g} s' for seconds in total]
        outcomes = [*map(reentry.get, evaluation.sequences), total]
        for row, kept in zip(rows, outcomes, strict=True):
            row += ['-' if kept is None else '{}/{}'.format(*kept[each]) for each in total]
    return header, rows


def counting_cells(evaluation: Evaluation) -> tuple[list[str], list[list[str]]]:
    """Return header and rows of the errors of counted people, likewise; empty if none counted."""
    counting = _counting(evaluation)
    total = sum_counting(counting.values())
    names = [name for name in METHODS if name in total]
    header = ['Sequence', 'people']
    header += [f'{name} {score}' for name in names for score in ('MAE', 'bias', 'relative')]
    rows = [
        [sequence, _people(errors), *_error_cells(errors, names)]
        for sequence, errors in {**counting, OVERALL: total}.items()
    ]
    return header, rows


def _people(errors: Mapping[str, CountErrors]) -> str:
    """Return the mean of the true people of a frame."""
    density = errors.get('density')
    return f'{density.people / density.frames:.1f}' if density and density.frames else '-'


def _error_cells(errors: Mapping[str, CountErrors], names: list[str]) -> list[str]:
    cells = []
    for name in names:
        each = errors.get(name)
        values = (math.nan,) * 3 if each is None else (each.mae, each.bias, 100 * each.relative)
        forms = '{:.2f}', '{:+.2f}', '{:.1f} %'
        cells += [
            form.format(value) if math.isfinite(value) else '-'
            for form, value in zip(forms, values, strict=True)
        ]
    return cells


def _counting(evaluation: Evaluation) -> dict[str, Mapping[str, CountErrors]]:
    """Errors of counted people of the sequences that were counted."""
    return {
        name: each.counting
        for name, each in evaluation.sequences.items()
        if each.counting is not None
    }


def _errors_as_dict(counting: Mapping[str, CountErrors]) -> dict[str, dict[str, Any]]:
    return {
        name: {
            'frames': each.frames,
            'people': each.people,
            **_finite({'MAE': each.mae, 'bias': each.bias, 'relative': each.relative}),
        }
        for name, each in counting.items()
    }


def _cells(scores: Scores, cross_check: Scores | None) -> list[str]:
    cells = [_text(column, scores[column]) for column in COLUMNS]
    if cross_check is not None:
        cells += [_text(column, cross_check[column]) for column in CROSS_CHECK_COLUMNS]
    return cells


def _reentry(evaluation: Evaluation) -> dict[str, Mapping[float, Kept]]:
    """Outcomes of the sequences whose frame rate is known."""
    return {
        name: each.reentry
        for name, each in evaluation.sequences.items()
        if each.reentry is not None
    }


def _finite(scores: Scores) -> dict[str, int | float | None]:
    return {name: value if math.isfinite(value) else None for name, value in scores.items()}


def _kept_as_dict(outcomes: Mapping[float, Kept]) -> dict[str, dict[str, int]]:
    return {f'{seconds:g}': kept._asdict() for seconds, kept in outcomes.items()}


def _text(column: str, value: float) -> str:
    if not math.isfinite(value):
        return '-'
    return f'{100 * value:.1f}' if column in RATIOS else str(value)


def _width(header: list[str], rows: list[list[str]]) -> int:
    """Count the characters of a line, so that no column is cut in any terminal."""
    widths = [max(len(row[i]) for row in (header, *rows)) for i in range(len(header))]
    return sum(widths) + 3 * len(widths) + 1
