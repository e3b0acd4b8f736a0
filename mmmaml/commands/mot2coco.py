"""Convert a MOTChallenge folder (MOT15 to MOT20 or your own) to CocoVID annotations."""

import argparse
import sys

from mmmaml.command_line import on_interrupt  # isort: skip


def parse_args(argv: list[str] | None = None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('root', help='folder with train/SEQ and test/SEQ')
    parser.add_argument('--out-dir', help='folder of the annotation files (ROOT/annotations)')
    parser.add_argument(
        '--detector',
        default='FRCNN',
        help='which of the training sequences that differ by detector to keep: DPM, FRCNN (the '
        'default) or SDP; of test sequences all are kept',
    )
    parser.add_argument(
        '--no-half-split',
        action='store_true',
        help='do not write the halves of the training sequences',
    )
    return parser.parse_args(argv)


def main(argv: list[str] | None = None) -> int:
    """Convert and return the exit status."""
    args = parse_args(argv)
    from mmmaml.datasets.conversion import convert_mot

    on_interrupt('annotation files are whole or not there')
    try:
        convert_mot(args.root, args.out_dir, args.detector, not args.no_half_split)
    except (OSError, ValueError) as error:
        print(f'error: {error}', file=sys.stderr)
        return 2
    return 0
