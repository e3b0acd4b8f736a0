"""Tell the causes of ID switches: new or existing track, gap, occlusion, boxes beside."""

import argparse
import math
import shlex
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from mmmaml.command_line import run_command  # isort: skip

from mmmaml.evaluation.benchmarks import BENCHMARKS

if TYPE_CHECKING:
    from mmmaml.evaluation import ScoredSequence
    from mmmaml.evaluation.causes.switch_causes import Decisions, Switch

DECISIONS = '_decisions.csv'


def build_parser() -> argparse.ArgumentParser:
    """Build the parser of the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        'work_dir',
        metavar='WORK_DIR',
        nargs='?',
        type=Path,
        help='work folder of tools/test.py (the outdir of MOTMetric); or give --gt and --results',
    )
    parser.add_argument('--gt', metavar='DIR', help='ground truth, as for tools/eval_mot.py')
    parser.add_argument('--results', metavar='DIR', help='tracks: DIR/SEQ.txt')
    parser.add_argument(
        '--benchmark', choices=BENCHMARKS, help='as for tools/eval_mot.py, with --gt'
    )
    parser.add_argument(
        '--fps', type=float, help='frames per second of sequences that do not say them'
    )
    parser.add_argument('--sequences', nargs='+', metavar='SEQ', help='these only; default: all')
    parser.add_argument(
        '--decisions',
        action='store_true',
        help='also tell the stage of matching and the similarity, from DIR/SEQ_decisions.csv of '
        '--results, which track.py --decisions writes',
    )
    parser.add_argument(
        '--csv', metavar='FILE', type=Path, help='also write one row a switch here'
    )
    parser.add_argument('--markdown', metavar='FILE', type=Path, help='also write the table here')
    return parser


def tell(args: argparse.Namespace) -> int:
    """Find the causes, show them, and write them."""
    # Not needed to parse the command line: the scorers take seconds to load.
    from mmmaml.evaluation.causes.switch_causes import (
        STAGES,
        SUMMARY,
        count_causes,
        count_stages,
        switch_causes,
        switch_table,
    )
    from mmmaml.utils.files import write_text
    from mmmaml.utils.outputs import refuse_overwriting

    _check_options(args)
    refuse_overwriting([args.csv, args.markdown], _files_read(args))
    sequences = _sequences(args)
    switches = [
        each
        for one in sequences
        for each in switch_causes(one, _frame_rate(one, args.fps), decisions=_decisions(args, one))
    ]
    tables = [(SUMMARY, [[str(cell) for cell in row] for row in count_causes(switches)])]
    if args.decisions:
        stages = [
            [str(row[0]) or 'not known', *map(str, row[1:-1]), _similarity(row[-1])]
            for row in count_stages(switches)
        ]
        tables.append((STAGES, stages))
    for header, rows in tables:
        _show(header, rows)
    print('; '.join(_hints(args, sequences, switches)))
    if args.csv is not None:
        write_text(args.csv, switch_table(switches).to_csv(index=False))
    if args.markdown is not None:
        write_text(args.markdown, '\n'.join(_markdown(*table) for table in tables))
    return 0


def _check_options(args: argparse.Namespace) -> None:
    if args.work_dir is None:
        if not (args.gt and args.results):
            raise ValueError('give WORK_DIR, or both --gt and --results')
        return
    if args.gt or args.results or args.benchmark:
        raise ValueError('give WORK_DIR, or --gt and --results (--benchmark), not both')
    if args.decisions:
        raise ValueError(
            '--decisions lie beside the tracks of mmmaml track: give --gt and --results in place '
            'of WORK_DIR'
        )


def _files_read(args: argparse.Namespace) -> list[Path]:
    from mmmaml.evaluation.files.folder_evaluation import files_read

    if args.work_dir is None:
        return [*files_read(args.gt, args.results), *Path(args.results).glob(f'*{DECISIONS}')]
    patterns = '*.json', 'gt/*.txt', 'results/*.txt', 'events/*.csv'
    return [path for each in patterns for path in args.work_dir.glob(each)]


def _sequences(args: argparse.Namespace) -> 'list[ScoredSequence]':
    from mmmaml.evaluation.files.folder_evaluation import evaluate_folders
    from mmmaml.evaluation.files.run_folder import read_run, select_sequences

    if args.work_dir is not None:
        return select_sequences(read_run(args.work_dir), args.sequences)
    scored = evaluate_folders(args.gt, args.results, args.benchmark, args.fps, args.sequences)
    return list(scored.sequences.values())


def _decisions(args: argparse.Namespace, scored: 'ScoredSequence') -> 'Decisions | None':
    from mmmaml.evaluation.files.decision_files import read_decisions

    if not args.decisions:
        return None
    sequence = scored.sequence
    return read_decisions(Path(args.results) / f'{sequence.name}{DECISIONS}', sequence.results)


def _similarity(value: str | float) -> str:
    return '-' if math.isnan(float(value)) else f'{float(value):.2f}'


def _markdown(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    rules = ['---', *['---:'] * (len(header) - 1)]
    return ''.join('| ' + ' | '.join(cells) + ' |\n' for cells in (header, rules, *rows))


def _frame_rate(scored: 'ScoredSequence', given: float | None) -> float:
    rate = scored.sequence.frame_rate if scored.sequence.frame_rate is not None else given
    if rate is None or not 0 < rate < math.inf:
        raise ValueError(f'the frame rate of {scored.sequence.name} is not known: give --fps')
    return rate


def _show(header: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table()
    for number, title in enumerate(header):
        table.add_column(title, justify='right' if number else 'left')
    for row in rows:
        table.add_row(*row, style='bold' if row[0] == 'all' else None)
    Console(width=110 if not sys.stdout.isatty() else None).print(table)


def _hints(
    args: argparse.Namespace, sequences: 'list[ScoredSequence]', switches: 'list[Switch]'
) -> list[str]:
    """Say where to look at the switches."""
    hints = [f'{len(switches)} switches by the event log of motmetrics']
    hints += ['--csv FILE lists each with its frame'] if args.csv is None else [str(args.csv)]
    images = [each.sequence.images for each in sequences]
    if args.work_dir is not None and any(
        each is not None and each.folder.is_dir() for each in images
    ):
        folder = shlex.quote(str(args.work_dir))
        hints.append(f'to see them: python tools/analysis_tools/error_video.py {folder}')
    return hints


def main(argv: Sequence[str] | None = None) -> int:
    """Tell from the command line; return the exit status."""
    return run_command(build_parser(), argv, tell)


if __name__ == '__main__':
    sys.exit(main())
