"""The page of the benchmark of Table I."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import mean, stdev
from string import Template
from typing import Any

from tools.benchmarks.common.tables import table
from tools.benchmarks.table_1.measurements import (
    BOX_COUNT_ERROR,
    COUNT_ERROR,
    DETECTED_COUNT_ERROR,
    MINUTES,
    RATIOS,
    SWITCHES,
)
from tools.benchmarks.table_1.systems import BENCHMARKS, ROWS, SYSTEMS, Row, System

TEMPLATE = Path(__file__).parent / 'templates' / 'table_1.md'
Results = Mapping[str, Any]
Measured = Mapping[Row, Results]
NONE = '-'


def page(results: Results, command: str) -> str:
    """Fill the template.

    Args:
        results: What ``__main__`` measured, see ``table_1.json``.
        command: Command line that the page names.
    """
    rows = {row: results['rows'][row.key] for row in ROWS if row.key in results['rows']}
    text = Template(TEMPLATE.read_text(encoding='utf-8')).substitute(
        command=command,
        seeds='1 seed' if results['seeds'] == 1 else f'{results["seeds"]} seeds',
        **{
            f'{split}_{name}': number
            for split, each in results['facts'].items()
            for name, number in each.items()
        },
        left_out=_left_out(rows),
        published=_published(rows),
        scores=_scores(rows),
        adaptation=_adaptation(rows),
        counts=_counts(rows),
        sizes=_sizes(rows),
        by_seed=_by_seed(rows),
    )
    return text.rstrip('\n') + '\n'


def _left_out(rows: Measured) -> str:
    names = [row.title for row in ROWS if row not in rows]
    return f'\nNot measured yet: {", ".join(names)}.\n' if names else ''


def _published(rows: Measured) -> str:
    ours = {row.system: each for row, each in rows.items() if not row.adapted}
    body = [
        [system.title, *(_stated(system, each) for each in BENCHMARKS), _ours(ours.get(system))]
        for system in SYSTEMS
    ]
    return table(['system', *BENCHMARKS, 'ours, generated sequences'], body)


def _stated(system: System, benchmark: str) -> str:
    each = system.published.get(benchmark)
    return NONE if each is None else f'{each.mota} / {each.idf1} / {each.switches}'


def _ours(measured: Results | None) -> str:
    if measured is None:
        return NONE
    mota, idf1 = (100 * mean(_by_name(measured, name)) for name in ('MOTA', 'IDF1'))
    return f'{mota:.1f} / {idf1:.1f} / {mean(_by_name(measured, SWITCHES)):.0f}'


def _scores(rows: Measured) -> str:
    body = [
        [
            row.title,
            *(_spread([100 * each for each in _by_name(measured, name)]) for name in RATIOS),
            _spread(_by_name(measured, SWITCHES)),
        ]
        for row, measured in rows.items()
    ]
    return table(['system', *RATIOS, SWITCHES], body)


def _adaptation(rows: Measured) -> str:
    body = []
    for adapted in (row for row in rows if row.adapted and Row(row.system) in rows):
        plain = Row(adapted.system)
        gains = {
            name: [
                after - before
                for before, after in zip(
                    _by_name(rows[plain], name), _by_name(rows[adapted], name), strict=True
                )
            ]
            for name in ('IDF1', 'AssA', SWITCHES)
        }
        idf1, assa = ([100 * each for each in gains[name]] for name in ('IDF1', 'AssA'))
        better = sum(gain > 0 for gain in gains['IDF1'])
        body.append(
            [
                plain.title,
                ', '.join(f'{each:+.1f}' for each in idf1),
                *(_spread(each, '+') for each in (idf1, assa, gains[SWITCHES])),
                f'{_verdict(better, len(idf1))} ({better} of {len(idf1)} seeds)',
            ]
        )
    if not body:
        return 'Not measured yet.\n'
    header = ['system', 'IDF1 by seed', 'IDF1', 'AssA', SWITCHES, 'higher IDF1']
    return table(header, body)


def _verdict(better: int, number: int) -> str:
    if better == number:
        return 'yes'
    return 'no' if better == 0 else 'not with every one'


def _counts(rows: Measured) -> str:
    names = COUNT_ERROR, DETECTED_COUNT_ERROR, BOX_COUNT_ERROR
    body = [
        [row.title, *(_error(measured, name) for name in names)] for row, measured in rows.items()
    ]
    return table(['system', 'count of the network', 'its boxes', 'tracked boxes'], body)


def _error(measured: Results, name: str) -> str:
    if any(name not in each for each in measured['seeds'].values()):
        return NONE
    return _spread(_by_name(measured, name), digits=2)


def _sizes(rows: Measured) -> str:
    body = []
    for row, measured in rows.items():
        known = [each[MINUTES] for each in measured['seeds'].values() if MINUTES in each]
        minutes = _spread(known) if known and not row.adapted else NONE
        body.append(
            [
                row.title,
                f'`configs/{measured["config"]}`',
                'x'.join(map(str, measured['size'])),
                f'{measured["parameters"] / 1e6:.2f}',
                f'{measured["operations"] / 1e9:.2f}',
                minutes,
            ]
        )
    header = ['system', 'config', 'input', 'parameters, 10⁶', 'multiply-adds, 10⁹', 'minutes']
    return table(header, body, text_columns=2)


def _by_seed(rows: Measured) -> str:
    body = [
        [row.title, seed, *(f'{100 * each[name]:.1f}' for name in RATIOS), str(each[SWITCHES])]
        for row, measured in rows.items()
        for seed, each in measured['seeds'].items()
    ]
    return table(['system', 'seed', *RATIOS, SWITCHES], body)


def _by_name(measured: Results, name: str) -> list[float]:
    return [each[name] for each in measured['seeds'].values()]


def _spread(values: Sequence[float], sign: str = '', digits: int = 1) -> str:
    """Return the mean and, of several, the standard deviation."""
    text = f'{mean(values):{sign}.{digits}f}'
    return f'{text} ± {stdev(values):.{digits}f}' if len(values) > 1 else text
