"""Convert a MOTChallenge folder (MOT15 to MOT20 or your own) to CocoVID annotations."""

import argparse
from collections.abc import Sequence

from mmmaml.command_line import on_interrupt, run_command  # isort: skip


def build_parser() -> argparse.ArgumentParser:
    """Options of the command line."""
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
    return parser


def convert(args: argparse.Namespace) -> int:
    """Convert and return the exit status."""
    from mmmaml.datasets.conversion import convert_mot

    on_interrupt('annotation files are whole or not there')
    convert_mot(args.root, args.out_dir, args.detector, not args.no_half_split)
    return 0


def main(argv: Sequence[str] | None = None) -> int:
    """Convert from the command line and return the exit status."""
    return run_command(build_parser(), argv, convert)
