"""Draw the ids of each person over time, from a scored test."""

import argparse
import sys
from collections.abc import Sequence

from mmmaml.command_line import on_interrupt, run_command  # isort: skip

from picture_options import add_sequences, add_work_dir

from mmmaml.evaluation.files.run_folder import read_run, select_sequences
from mmmaml.visualization import save_figure, timeline_figure


def build_parser() -> argparse.ArgumentParser:
    """Build the parser of the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    add_work_dir(parser)
    add_sequences(parser, '.png', 'timelines')
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
    out_dir = args.out_dir or args.work_dir / 'timelines'
    on_interrupt(f'pictures in {out_dir} are whole, and not all are there')
    for scored in select_sequences(read_run(args.work_dir), args.sequences):
        sequence = scored.sequence
        out = out_dir / f'{sequence.name}.png'
        figure = timeline_figure(
            scored.events, sequence.num_frames, sequence.frame_rate, args.max_people
        )
        print(save_figure(figure, out))
    return 0


def main(argv: Sequence[str] | None = None) -> int:
    """Draw from the command line; return the exit status."""
    return run_command(build_parser(), argv, plot)


if __name__ == '__main__':
    sys.exit(main())
