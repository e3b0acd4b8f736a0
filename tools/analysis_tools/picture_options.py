"""Options that the tools which draw share."""

import argparse
from collections.abc import Iterable
from pathlib import Path

from mmmaml.utils.outputs import PathLike, refuse_overwriting, refuse_unwritable
from mmmaml.visualization.figures.canvas import check_picture


def add_work_dir(parser: argparse.ArgumentParser) -> None:
    """Add the folder of a scored test."""
    parser.add_argument(
        'work_dir',
        metavar='WORK_DIR',
        type=Path,
        help='work folder of tools/test.py (the outdir of MOTMetric)',
    )


def add_sequences(parser: argparse.ArgumentParser, suffix: str, folder: str) -> None:
    """Add the choice of sequences and the folder of their pictures."""
    parser.add_argument('--sequences', nargs='+', metavar='SEQ', help='draw these; default: all')
    parser.add_argument(
        '--out-dir', metavar='DIR', type=Path, help=f'for SEQ{suffix}; default: WORK_DIR/{folder}'
    )


def add_log(parser: argparse.ArgumentParser) -> None:
    """Add the log of a training, and the smoothing of its curves."""
    parser.add_argument(
        'log',
        metavar='WORK_DIR',
        type=Path,
        help='work folder of a training, of whose runs the newest counts, or its scalars.json',
    )
    parser.add_argument(
        '--smoothing',
        type=int,
        metavar='N',
        help='logged values that each point is the mean of; default: a twentieth of them',
    )
    add_out(parser)


def add_out(parser: argparse.ArgumentParser) -> None:
    """Add the picture."""
    parser.add_argument('--out', metavar='FILE', type=Path, required=True, help='.png, .svg, .pdf')


def check_out(out: Path, inputs: Iterable[PathLike | None]) -> None:
    """Refuse a picture that cannot be written, before anything is computed for it.

    Args:
        out: The picture.
        inputs: Files that are read; None for one that is not.

    Raises:
        OSError: It cannot be written there.
        ValueError: No format has its suffix, or it would replace an input.
    """
    check_picture(out)
    refuse_unwritable([out])
    refuse_overwriting([out], inputs)
