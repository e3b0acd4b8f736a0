"""Scores as tables for people (ratios in percent) and as JSON for programs (fractions)."""

import io
import json
import math
from collections.abc import Mapping
from typing import Any

from rich.console import Console
from rich.table import Table

from .reentry import Kept, sum_reentry
from .trackeval_scorer import RATIOS, MOTScores, Scores

# Sequence to returns that kept their id, by least length of the absence in seconds.
Reentry = Mapping[str, Mapping[float, Kept]]

COLUMNS = ('HOTA', 'DetA', 'AssA', 'MOTA', 'IDF1', 'IDs', 'MT', 'ML', 'FP', 'FN', 'Frag')
CROSS_CHECK_COLUMNS = ('MOTA', 'IDF1', 'IDs')
OVERALL = 'OVERALL'
NOTE = (
    'Scores by TrackEval. The columns named mm are motmetrics on the same boxes: it matches '
    'frames in another order, so the two may differ by a switch or two.'
)


def terminal_table(
    scores: MOTScores, cross_check: MOTScores | None = None, reentry: Reentry | None = None
) -> str:
    """Table with box-drawing lines, one row a sequence and one over all.

    Args:
        scores: TrackEval's scores.
        cross_check: motmetrics' scores of the same sequences, shown beside.
        reentry: Returns after absences, of some of the sequences; shown as kept / all.
    """
    header, rows = score_cells(scores, cross_check, reentry)
    table = Table(caption=NOTE if cross_check else None, caption_justify='left')
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


def markdown_table(
    scores: MOTScores, cross_check: MOTScores | None = None, reentry: Reentry | None = None
) -> str:
    """The same table in Markdown, ending with a line break."""
    header, rows = score_cells(scores, cross_check, reentry)
    rules = ['---', *['---:'] * (len(header) - 1)]
    lines = ['| ' + ' | '.join(cells) + ' |' for cells in (header, rules, *rows)]
    if cross_check:
        lines += ['', NOTE]
    return '\n'.join(lines) + '\n'


def scores_to_json(
    scores: MOTScores, cross_check: MOTScores | None = None, reentry: Reentry | None = None
) -> str:
    """JSON with ``overall`` and ``sequences``, and motmetrics' scores under ``motmetrics``.

    Returns after absences stand under ``reentry``, by least length of the absence in seconds.

    A value that is not a number (motmetrics' MOTA without ground truth) becomes null.
    """
    document: dict[str, Any] = _as_dict(scores)
    if cross_check:
        document['motmetrics'] = _as_dict(cross_check)
    if reentry is not None:
        document['reentry'] = {
            'overall': _kept_as_dict(sum_reentry(reentry.values())),
            'sequences': {name: _kept_as_dict(kept) for name, kept in reentry.items()},
        }
    return json.dumps(document, indent=2, allow_nan=False) + '\n'


def score_cells(
    scores: MOTScores, cross_check: MOTScores | None = None, reentry: Reentry | None = None
) -> tuple[list[str], list[list[str]]]:
    """Header and rows as text; the last row is the one over all sequences.

    Args:
        scores: See :func:`terminal_table`, as the others.
        cross_check: motmetrics' scores.
        reentry: Returns after absences.
    """
    header = ['Sequence', *COLUMNS]
    tables: list[tuple[MOTScores, tuple[str, ...]]] = [(scores, COLUMNS)]
    if cross_check:
        header += [f'{column} (mm)' for column in CROSS_CHECK_COLUMNS]
        tables.append((cross_check, CROSS_CHECK_COLUMNS))
    rows = [
        [name, *(_text(c, t.sequences[name][c]) for t, columns in tables for c in columns)]
        for name in scores.sequences
    ]
    rows.append([OVERALL, *(_text(c, t.overall[c]) for t, columns in tables for c in columns)])
    if reentry:
        total = sum_reentry(reentry.values())
        header += [f'kept {seconds:g} s' for seconds in total]
        for row, kept in zip(rows, [*map(reentry.get, scores.sequences), total], strict=True):
            row += ['-' if kept is None else '{}/{}'.format(*kept[each]) for each in total]
    return header, rows


def scores_from_dict(document: Mapping[str, Any]) -> MOTScores:
    """Scores of :func:`scores_to_json`, read again; null becomes NaN."""

    def numbers(values: Mapping[str, int | float | None]) -> Scores:
        return {name: math.nan if value is None else value for name, value in values.items()}

    return MOTScores(
        overall=numbers(document['overall']),
        sequences={name: numbers(values) for name, values in document['sequences'].items()},
    )


def _as_dict(scores: MOTScores) -> dict[str, Any]:
    def finite(values: Scores) -> dict[str, int | float | None]:
        return {k: v if math.isfinite(v) else None for k, v in values.items()}

    return {
        'overall': finite(scores.overall),
        'sequences': {name: finite(values) for name, values in scores.sequences.items()},
    }


def _kept_as_dict(returns: Mapping[float, Kept]) -> dict[str, dict[str, int]]:
    return {f'{seconds:g}': kept._asdict() for seconds, kept in returns.items()}


def _text(column: str, value: float) -> str:
    if not math.isfinite(value):
        return '-'
    return f'{100 * value:.1f}' if column in RATIOS else str(value)


def _width(header: list[str], rows: list[list[str]]) -> int:
    """Characters the table takes, so that no column is cut whatever the terminal."""
    widths = [max(len(row[i]) for row in (header, *rows)) for i in range(len(header))]
    return sum(widths) + 3 * len(widths) + 1
