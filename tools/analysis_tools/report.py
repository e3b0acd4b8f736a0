"""Write a scored test as one page of HTML: scores, timelines, frames with errors."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from mmmaml.command_line import run_command  # isort: skip

from picture_options import add_work_dir

from mmmaml.evaluation.files.run_folder import read_run
from mmmaml.visualization.figures.curves import find_log
from mmmaml.visualization.report import write_report


def build_parser() -> argparse.ArgumentParser:
    """Build the parser of the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    add_work_dir(parser)
    parser.add_argument(
        '--out', metavar='FILE', type=Path, help='the page; default: WORK_DIR/report.html'
    )
    parser.add_argument(
        '--train-dir',
        metavar='DIR',
        type=Path,
        help='work folder of the training, whose learning curves are shown, too',
    )
    parser.add_argument(
        '--frames',
        metavar='N',
        type=int,
        default=3,
        help='frames with most errors to show of each sequence, some 100 KB each; default: 3',
    )
    return parser


def report(args: argparse.Namespace) -> int:
    """Read the run, write the page and say where it is."""
    out = args.out or args.work_dir / 'report.html'
    if out.suffix.lower() not in ('.html', '.htm'):
        raise ValueError(f'--out {out} must end in .html')
    run = read_run(args.work_dir)
    log = None if args.train_dir is None else find_log(args.train_dir)
    write_report(run, out, log, args.frames)
    count, size = len(run.evaluation.sequences), out.stat().st_size / 1e6
    print(f'{out}: {count} sequences, {size:.1f} MB; opens without a network')
    return 0


def main(argv: Sequence[str] | None = None) -> int:
    """Write a report from the command line; return the exit status."""
    return run_command(build_parser(), argv, report)


if __name__ == '__main__':
    sys.exit(main())
