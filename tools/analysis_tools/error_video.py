"""Make videos of the errors of a tracker, from a scored test."""

import argparse
import sys
from collections.abc import Sequence

from mmmaml.command_line import on_interrupt, run_command  # isort: skip

from picture_options import add_sequences, add_work_dir
from rich.progress import Progress

from mmmaml.evaluation.files.run_folder import read_run, select_sequences
from mmmaml.visualization.videos.error_videos import render_error_video


def build_parser() -> argparse.ArgumentParser:
    """Build the parser of the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    add_work_dir(parser)
    add_sequences(parser, '.mp4', 'error_videos')
    parser.add_argument(
        '--pictures', action='store_true', help='also write each frame to DIR/SEQ/000001.jpg'
    )
    return parser


def render(args: argparse.Namespace) -> int:
    """Draw and write one video after the other."""
    out_dir = args.out_dir or args.work_dir / 'error_videos'
    done: list[str] = []
    on_interrupt(lambda: f'whole videos in {out_dir}: {", ".join(done) or "none"}')
    sequences = select_sequences(read_run(args.work_dir), args.sequences)
    with Progress(transient=True) as progress:
        for scored in sequences:
            sequence = scored.sequence
            out = out_dir / f'{sequence.name}.mp4'
            task = progress.add_task(sequence.name, total=sequence.num_frames)
            pictures = out_dir / sequence.name if args.pictures else None
            render_error_video(scored, out, pictures, lambda _, task=task: progress.advance(task))
            done.append(out.name)
            progress.console.print(str(out), highlight=False, soft_wrap=True)
    return 0


def main(argv: Sequence[str] | None = None) -> int:
    """Draw from the command line; return the exit status."""
    return run_command(build_parser(), argv, render)


if __name__ == '__main__':
    sys.exit(main())
