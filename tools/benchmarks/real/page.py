"""The page of the benchmark on real videos."""

from collections.abc import Mapping
from pathlib import Path
from string import Template
from typing import Any

from mmmaml.evaluation.causes.switch_causes import STAGES, SUMMARY
from tools.benchmarks.common.tables import table
from tools.benchmarks.real.contestants import ADAPTED, BOT_SORT
from tools.benchmarks.real.measurements import COUNTS, RATIOS, THINNED_FPS

TEMPLATE = Path(__file__).parent / 'templates' / 'real_video.md'
Results = Mapping[str, Any]


def page(results: Results, command: str) -> str:
    """Fill the template.

    Args:
        results: What ``__main__`` measured, see ``real.json``.
        command: Command line that the page names.
    """
    template = Template(TEMPLATE.read_text(encoding='utf-8'))
    return template.substitute(
        command=command,
        network=results['network'],
        sequences=_facts(results['facts']),
        summary=_summary(results),
        trackers=_scores(results['trackers'], 'tracker'),
        by_sequence=_by_sequence(results['trackers']),
        association=_association(results['association']),
        offline='\n'.join(
            f'{name}:\n\n{_scores(steps, "tracks", kept=True)}'
            for name, steps in results['offline'].items()
        ),
        causes='\n'.join(
            f'{name}:\n\n{_causes(results["trackers"][name]["causes"])}\n'
            f'{_stages(results["trackers"][name]["stages"])}'
            for name in (ADAPTED, BOT_SORT)
        ),
        thinned=_thinned(results['thinned']),
        notes='\n'.join(f'\n{note}.' for note in results['notes']),
    )


def _summary(results: Results) -> str:
    first = results['trackers'][ADAPTED]['mean']
    others = {
        name: each['mean']
        for name, each in results['trackers'].items()
        if name.startswith(('mmdet', 'BoT', 'roboflow'))
    }
    best = max(others, key=lambda name: others[name]['IDF1'])
    offline = results['offline'][ADAPTED]
    last = list(offline.values())[-1]['mean']
    return (
        f'- Mean IDF1 {_percent(first["IDF1"])} and {first["IDs"]} switches by the default '
        f'configuration; {_percent(others[best]["IDF1"])} and {others[best]["IDs"]} by the best '
        f'of the others ({best}).\n'
        f'- Joined, interpolated and smoothed when the video is over: IDF1 '
        f'{_percent(last["IDF1"])}, HOTA {_percent(last["HOTA"])} against '
        f'{_percent(first["HOTA"])} online.'
    )


def _facts(facts: Results) -> str:
    header = ['sequence', 'frames', 'frames per second', 'size', 'people', 'detections']
    rows = [
        [
            name,
            str(each['frames']),
            f'{each["frame_rate"]:g}',
            'x'.join(map(str, each['size'])),
            str(each['people']),
            str(each['detections']),
        ]
        for name, each in facts.items()
    ]
    return table(header, rows)


def _scores(results: Results, title: str, kept: bool = False) -> str:
    seconds = list(next(iter(results.values()))['kept']) if kept else []
    rows = []
    for name, each in results.items():
        mean = each['mean']
        cells = [name, *(_percent(mean[key]) for key in RATIOS)]
        cells += [str(mean[key]) for key in COUNTS]
        rows.append([*cells, *('/'.join(map(str, each['kept'][s])) for s in seconds)])
    return table([title, *RATIOS, *COUNTS, *(f'kept {s} s' for s in seconds)], rows)


def _by_sequence(results: Results) -> str:
    names = list(next(iter(results.values()))['sequences'])
    rows = []
    for tracker, each in results.items():
        cells = [each['sequences'][name] for name in names]
        rows.append([tracker, *(f'{_percent(c["IDF1"])} / {c["IDs"]}' for c in cells)])
    return table(['tracker', *names], rows)


def _association(results: Results) -> str:
    kinds = next(iter(results.values()))
    seconds = list(next(iter(kinds.values())))
    rows = []
    for kind in kinds:
        by_time = [[each[kind][second] for each in results.values()] for second in seconds]
        by_sequence = [list(each[kind].values()) for each in results.values()]
        everything = [pair for pairs in by_sequence for pair in pairs]
        rows.append([kind, *map(_wrong, [*by_time, *by_sequence, everything])])
    return table(['comparison', *(f'{s} s' for s in seconds), *results, 'all'], rows)


def _wrong(pairs: list[list[int]]) -> str:
    """Return wrong decisions of all, and their share in percent."""
    wrong, number = (sum(pair[i] for pair in pairs) for i in (0, 1))
    return f'{wrong} / {number} ({100 * wrong / max(number, 1):.1f} %)'


def _causes(rows: list[list[str | int]]) -> str:
    return table(SUMMARY, [[str(cell) for cell in row] for row in rows])


def _stages(rows: list[list[str | int | float]]) -> str:
    # A median that is not known is NaN, and says so.
    cells = [[*map(str, row[:-1]), f'{row[-1]:.2f}'] for row in rows]
    return table(STAGES, cells)


def _thinned(results: Results) -> str:
    if not results:
        return 'Not measured.\n'
    header = ['tracker', *(f'{n}, {fps} fps' for n in results for fps in THINNED_FPS)]
    names = list(next(iter(results.values())))
    rows = []
    for name in names:
        cells = [each[name][str(fps)] for each in results.values() for fps in THINNED_FPS]
        rows.append([name, *(f'{_percent(idf1)} / {ids}' for idf1, ids in cells)])
    return table(header, rows)


def _percent(share: float) -> str:
    return f'{100 * share:.1f}'
