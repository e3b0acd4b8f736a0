"""Draw the learning curves of a training: losses, accuracies, learning rate."""

import argparse
import sys
from collections.abc import Sequence

from mmmaml.command_line import run_command  # isort: skip

from picture_options import add_log, check_out

from mmmaml.visualization import save_figure, training_figure
from mmmaml.visualization.figures.curves import find_log


def build_parser() -> argparse.ArgumentParser:
    """Build the parser of the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    add_log(parser)
    parser.add_argument(
        '--keys', nargs='+', metavar='KEY', help='scalars to draw; default: all of these kinds'
    )
    return parser


def plot(args: argparse.Namespace) -> int:
    """Draw and write."""
    log = find_log(args.log)
    check_out(args.out, [log])
    save_figure(training_figure(log, args.keys, args.smoothing), args.out)
    print(args.out)
    return 0


def main(argv: Sequence[str] | None = None) -> int:
    """Draw from the command line; return the exit status."""
    return run_command(build_parser(), argv, plot)


if __name__ == '__main__':
    sys.exit(main())
