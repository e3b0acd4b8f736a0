"""Make videos of what a tracker did wrong, from a scored test."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from mmmaml.command_line import on_interrupt, run_command  # isort: skip

from rich.progress import track

from mmmaml.evaluation.run_folder import read_run, select_sequences
from mmmaml.visualization.error_videos import render_error_video


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
        '--out-dir', metavar='DIR', type=Path, help='for SEQ.mp4; default: WORK_DIR/error_videos'
    )
    parser.add_argument(
        '--pictures', action='store_true', help='also write each frame to DIR/SEQ/000001.jpg'
    )
    return parser


def render(args: argparse.Namespace) -> int:
    """Draw and write one video after the other."""
    out_dir = args.out_dir or args.work_dir / 'error_videos'
    done: list[str] = []
    on_interrupt(lambda: f'whole videos in {out_dir}: {", ".join(done) or "none"}')
    for sequence in select_sequences(read_run(args.work_dir), args.sequences):
        out = out_dir / f'{sequence.name}.mp4'
        bar = iter(track(range(sequence.num_frames), sequence.name, transient=True))
        render_error_video(
            sequence,
            out,
            out_dir / sequence.name if args.pictures else None,
            on_frame=lambda frame, bar=bar: next(bar, None),
        )
        next(bar, None)
        done.append(out.name)
        print(out)
    return 0


def main(argv: Sequence[str] | None = None) -> int:
    """Draw from the command line; returns the exit status."""
    return run_command(build_parser(), argv, render)


if __name__ == '__main__':
    sys.exit(main())
