"""List every problem of a dataset in the MOTChallenge layout at once."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from mmmaml.command_line import INTERRUPTED, run_command  # isort: skip

if TYPE_CHECKING:
    from mmmaml.datasets.checks import DatasetCheck


def build_parser() -> argparse.ArgumentParser:
    """Options of the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__,
        epilog='Exit status: 0 good to use, 1 training or scores would be wrong, 2 bad arguments.',
    )
    parser.add_argument(
        'root',
        metavar='DIR',
        type=Path,
        help='dataset (DIR/train/SEQ, DIR/test/SEQ), folder of sequences (DIR/SEQ) or a sequence',
    )
    parser.add_argument('--json', metavar='FILE', type=Path, help='also write what was found here')
    parser.add_argument(
        '--fast',
        action='store_true',
        help='read the headers of frames only: finds all but frames that are cut off',
    )
    return parser


def check(args: argparse.Namespace) -> int:
    """Check, show and write."""
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeRemainingColumn,
    )

    from mmmaml.datasets.checks import DatasetCheck
    from mmmaml.datasets.checks.report import (
        content_lines,
        problem_table,
        report_to_json,
        summary,
    )
    from mmmaml.utils.files import write_text
    from mmmaml.utils.outputs import refuse_overwriting, refuse_unwritable

    if args.json is not None:
        refuse_unwritable([args.json])
        # Frames are read, too; a report of an earlier run is not.
        read = (path for path in args.root.rglob('*') if path.suffix != '.json')
        refuse_overwriting([args.json], read)
    bar = Progress(
        TextColumn('{task.description}'),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        console=Console(stderr=True),
        transient=True,
    )
    task = bar.add_task('frames', total=None)

    def show(name: str, done: int, total: int) -> None:
        bar.update(task, description=name, completed=done, total=total)

    checking = DatasetCheck(args.root, args.fast, show)
    try:
        with bar:
            checking.run()
    except KeyboardInterrupt:
        return stopped(checking, args.json)
    report = checking.report
    if report.problems:
        Console().print(problem_table(report))
    if args.json is not None:
        write_text(args.json, report_to_json(report))
    for line in content_lines(report):
        print(line)
    print(summary(report))
    return 1 if report.of('error') else 0


def stopped(checking: 'DatasetCheck', json_file: Path | None) -> int:
    """Show what was found before Ctrl-C."""
    from rich.console import Console

    from mmmaml.datasets.checks.report import problem_table

    if checking.report.problems:
        Console().print(problem_table(checking.report))
    done, total = len(checking.report.sequences), len(checking.folders)
    kept = f'; {json_file} was not written' if json_file else ''
    print(
        f'stopped by Ctrl-C after {done} of {total} sequences; problems so far are shown{kept}',
        file=sys.stderr,
    )
    return INTERRUPTED


def main(argv: Sequence[str] | None = None) -> int:
    """Check a dataset from the command line; returns the exit status."""
    return run_command(build_parser(), argv, check)
