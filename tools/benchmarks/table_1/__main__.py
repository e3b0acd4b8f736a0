"""Train and test every system of the paper's Table I alike, and write the page.

Each small config is trained with several seeds on the same generated sequences by
``tools/train.py`` and tested by ``tools/test.py``; each rival is tested once more with the
online adaptation of MAML MOT on its features. What is finished is kept: the same command goes on.
"""

import argparse
import json
import shlex
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from mmmaml.command_line import on_interrupt, one_sentence  # isort: skip

from rich.console import Console

from mmmaml.utils import write_text
from tools.benchmarks.common import paths
from tools.benchmarks.common.commands import run_side_by_side
from tools.benchmarks.common.workers import Workers
from tools.benchmarks.table_1.data import facts, keep_to_data, make_data
from tools.benchmarks.table_1.measurements import Trial, network_size
from tools.benchmarks.table_1.page import page
from tools.benchmarks.table_1.systems import ROWS, Row, choose_rows
from tools.benchmarks.table_1.trainings import Training

COMMAND = 'python -m tools.benchmarks.table_1'


def build_parser() -> argparse.ArgumentParser:
    """Build the parser of the command line."""
    parser = argparse.ArgumentParser(prog=COMMAND, description=__doc__)
    parser.add_argument(
        '--data',
        type=Path,
        default=Path('data/one_shot'),
        help='folder of the sequences; they are generated if it does not exist',
    )
    parser.add_argument('--seeds', type=int, default=3, metavar='N', help='trainings of each')
    parser.add_argument(
        '--jobs', type=int, default=1, metavar='J', help='processes, of one thread each'
    )
    parser.add_argument(
        '--work-dir',
        type=Path,
        default=Path('work_dirs/table_1'),
        help='folder of trainings, CONFIG/seedK/epoch_N.pth each; finished ones are not repeated',
    )
    parser.add_argument(
        '--only',
        nargs='+',
        metavar='NAME',
        help=f'rows to measure, of {", ".join(row.key for row in ROWS)}; default: all',
    )
    parser.add_argument(
        '--docs', type=Path, help='page to write; default: table_1.md in the work folder'
    )
    return parser


def main(argv: Sequence[str] | None = None) -> None:
    """Train, test and write from the command line."""
    parser = build_parser()
    args = parser.parse_args(argv)
    for name in ('seeds', 'jobs'):
        if getattr(args, name) < 1:
            parser.error(f'--{name} {getattr(args, name)} must be at least 1')
    on_interrupt(
        f'epochs that are done are kept in {args.work_dir}; the same command goes on from there'
    )
    with one_sentence(parser, kinds=(OSError, ValueError)):
        run(args, choose_rows(args.only, paths.CONFIGS))


def run(args: argparse.Namespace, rows: Sequence[Row]) -> None:
    """Train, test and write."""
    console = Console(file=sys.stdout, highlight=False, soft_wrap=True)
    for row in ROWS:
        if row not in rows:
            console.print(f'{row.key}: left out by --only')
    make_data(args.data, args.work_dir / 'data.log')
    keep_to_data(args.data, args.work_dir)
    tests = [
        Trial(row, row.config(paths.CONFIGS), _training(args, row, seed))
        for row in rows
        for seed in range(args.seeds)
    ]
    _train(list(dict.fromkeys(each.training for each in tests)), args.jobs, console)
    _test(tests, args.jobs, console)
    firsts = [next(each for each in tests if each.row == row) for row in rows]
    with Workers(1, args.work_dir / 'size.log') as worker:
        sizes = dict(zip(rows, worker.map(network_size, firsts), strict=True))
    results = {
        'facts': facts(args.data),
        'seeds': args.seeds,
        'rows': {row.key: {**_measured(row, tests), **sizes[row]} for row in rows},
    }
    numbers = args.work_dir / 'table_1.json'
    write_text(numbers, json.dumps(results, indent=1) + '\n')
    out = args.docs or args.work_dir / 'table_1.md'
    write_text(out, page(results, command_of(args)))
    console.print(f'{out} is written; raw numbers are in {numbers}')


def command_of(args: argparse.Namespace) -> str:
    """Return the command that a page names: the options that decide its numbers."""
    parts = [f'{COMMAND} --data {shlex.quote(str(args.data))} --seeds {args.seeds}']
    parts += [f'--only {" ".join(args.only)}'] if args.only else []
    parts += [f'--docs {args.docs}'] if args.docs else []
    return ' '.join(parts)


def _training(args: argparse.Namespace, row: Row, seed: int) -> Training:
    return Training(row.trained_config(paths.CONFIGS), seed, args.data, args.work_dir)


def _train(trainings: Sequence[Training], jobs: int, console: Console) -> None:
    # All are looked at before the first begins: one that cannot be used is said at once.
    todo = [each for each in trainings if not each.finished()]
    for each in trainings:
        console.print(f'training {each.name}: {"to do" if each in todo else "there already"}')
    fresh = [each for each in todo if not each.begun]
    commands = {each.command(): each for each in todo}
    for command, seconds in run_side_by_side(commands, jobs):
        training = commands[command]
        if not training.finished():
            raise ChildProcessError(f'{command.name} ended without {training.checkpoint}')
        if training in fresh:
            training.note_minutes(seconds / 60)
        console.print(f'{command.name}: done')


def _test(tests: Sequence[Trial], jobs: int, console: Console) -> None:
    todo = {each.command(): each for each in tests if not each.finished()}
    for command, _ in run_side_by_side(todo, jobs):
        todo[command].finish()
        console.print(f'{command.name}: done')


def _measured(row: Row, tests: Sequence[Trial]) -> dict[str, Any]:
    own = [each for each in tests if each.row == row]
    return {
        'config': f'{row.system.folder}/{row.stem}.py',
        'seeds': {str(each.training.seed): each.results() for each in own},
    }


if __name__ == '__main__':
    main()
