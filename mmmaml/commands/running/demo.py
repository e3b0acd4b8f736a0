"""Meta-train, track and score: from nothing to a table, videos and learning curves."""

import argparse
from collections.abc import Sequence
from pathlib import Path

from mmmaml.command_line import add_debug_option, on_interrupt, one_sentence  # isort: skip

from mmmaml.utils.outputs import refuse_overwriting, refuse_unwritable, sole_run

from .runner_options import require_openmmlab


def build_parser() -> argparse.ArgumentParser:
    """Return the options of the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        '--data',
        type=Path,
        help='folder in the MOTChallenge layout to use instead of generated sequences: train/ '
        'with ground truth, and test/, without which second halves are held out',
    )
    parser.add_argument('--out', type=Path, default=Path('outputs/demo'), help='output folder')
    parser.add_argument(
        '--seeds',
        type=int,
        default=1,
        metavar='N',
        help='trainings of each kind, for mean ± spread',
    )
    parser.add_argument('--epochs', type=int, help='length of each training; default: 20')
    parser.add_argument(
        '--jobs',
        type=int,
        metavar='N',
        help='trainings, and then tests, side by side, each a process of one thread; default: 2, '
        'or 1 on a single core',
    )
    add_debug_option(parser)
    return parser


def main(argv: Sequence[str] | None = None) -> None:
    """Run the demo from the command line."""
    parser = build_parser()
    args = parser.parse_args(argv)
    if args.jobs is not None and args.jobs < 1:
        parser.error(f'--jobs {args.jobs} must be at least 1')
    if args.epochs is not None and args.epochs < 1:
        parser.error(f'--epochs {args.epochs} must be at least 1')
    if args.seeds < 1:
        parser.error(f'--seeds {args.seeds} must be at least 1')
    if args.data is not None and not (args.data / 'train').is_dir():
        parser.error(f'--data {args.data} has no folder train/: it needs the MOTChallenge layout')
    if args.data is not None:
        read = [args.data / name for name in ('', 'train', 'test', 'annotations')]
        try:
            refuse_overwriting([args.out, args.out / 'annotations', args.out / 'videos'], read)
        except ValueError as error:
            parser.error(str(error))
    on_interrupt(f'what finished steps wrote is in {args.out}; table and videos come at the end')
    require_openmmlab(parser)
    with one_sentence(parser, args.debug):
        from .demo_run import run
        from .side_by_side import JobError

        refuse_unwritable([args.out / 'log.txt'])
        try:
            with sole_run(args.out, '--out'):
                run(args.data, args.out, args.seeds, args.epochs, args.jobs)
        except JobError as error:
            if args.debug:
                raise
            parser.exit(1, f'{parser.prog}: {error}\n')
