"""Draw who was tracked when and under which id, from a scored test."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from mmmaml.command_line import run_command  # isort: skip

from mmmaml.evaluation.run_folder import read_run, select_sequences
from mmmaml.visualization import save_figure, timeline_figure


def build_parser() -> argparse.ArgumentParser:
    """Options of the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        'work_dir',
        metavar='WORK_DIR',
        type=Path,
        help='work folder of tools/test.py (the outdir of MOTMetric)',
    )
    parser.add_argument('--sequences', nargs='+', metavar='SEQ', help='draw these; default: all')
    parser.add_argument(
        '--out-dir', metavar='DIR', type=Path, help='for SEQ.png; default: WORK_DIR/timelines'
    )
    parser.add_argument(
        '--max-people',
        type=int,
        metavar='N',
        default=60,
        help='rows at most, those with most errors; default: 60',
    )
    return parser


def plot(args: argparse.Namespace) -> int:
    """Draw and write one picture after the other."""
    for sequence in select_sequences(read_run(args.work_dir), args.sequences):
        out = (args.out_dir or args.work_dir / 'timelines') / f'{sequence.name}.png'
        rate = sequence.frame_rate()
        save_figure(
            timeline_figure(sequence.events, sequence.num_frames, rate, args.max_people), out
        )
        print(out)
    return 0


def main(argv: Sequence[str] | None = None) -> int:
    """Draw from the command line; returns the exit status."""
    return run_command(build_parser(), argv, plot)


if __name__ == '__main__':
    sys.exit(main())
