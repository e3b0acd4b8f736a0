"""Turn exports of CVAT ("MOT 1.1", "CVAT for video 1.1") into the MOTChallenge layout."""

import argparse
from collections.abc import Sequence
from pathlib import Path

from mmmaml.command_line import on_interrupt, run_command  # isort: skip


def build_parser() -> argparse.ArgumentParser:
    """Return the options of the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        'exports',
        nargs='+',
        type=Path,
        metavar='EXPORT',
        help='archive of CVAT as it comes, or unpacked, or a folder of several',
    )
    parser.add_argument(
        '--out-dir',
        required=True,
        type=Path,
        metavar='DIR',
        help='folder of the sequences, such as data/mine/train',
    )
    parser.add_argument(
        '--frame-rate',
        required=True,
        type=float,
        metavar='FPS',
        help='frames per second of the videos, which the export does not say',
    )
    parser.add_argument(
        '--classes',
        nargs='+',
        metavar='LABEL=CLASS',
        help='labels to take and the class of MOTChallenge that each means, such as '
        'walker=pedestrian; default: labels whose names mean a class; others are left out',
    )
    parser.add_argument(
        '--images',
        type=Path,
        metavar='PATH',
        help='video, or folder of its frames, for one export without images',
    )
    return parser


def convert(args: argparse.Namespace) -> int:
    """Read all videos, then write one after the other."""
    from mmmaml.datasets.conversion.cvat_import import find_tasks, read_task, write_sequence

    if not 0 < args.frame_rate < float('inf'):
        raise ValueError(f'--frame-rate {args.frame_rate:g} must be greater than 0')
    classes = None if args.classes is None else dict(map(_pair, args.classes))
    if args.images is not None and not args.images.exists():
        raise FileNotFoundError(f'--images {args.images} does not exist')
    tasks = find_tasks(args.exports)
    if args.images is not None and len(tasks) > 1:
        raise ValueError(f'--images is of one video, but the exports hold {len(tasks)}')
    on_interrupt(f'sequences in {args.out_dir} are whole')
    contents = [read_task(task, classes) for task in tasks]
    images = args.images
    if images is not None and images.is_file():
        # CVAT numbers the frames that a player shows, upright, as this does.
        from mmmaml.apis.sources import VideoSource

        images = (frame.image for frame in VideoSource(images))
    for task in tasks:
        if (args.out_dir / task.name).exists():
            raise FileExistsError(f'{args.out_dir / task.name} is there already: remove it first')
    for content in contents:
        made = write_sequence(content, args.out_dir, args.frame_rate, images)
        frames = 'frame' if made.num_frames == 1 else 'frames'
        print(f'{made.folder}: {made.num_frames} {frames}, boxes {_said(made.classes)}')
        if made.left_out:
            print(f'  left out, not asked for: {_said(made.left_out)}')
        for note in made.notes:
            print(f'  warning: {note}')
    return 0


def _pair(text: str) -> tuple[str, str]:
    label, _, name = text.rpartition('=')
    if not label or not name:
        raise ValueError(f'--classes {text}: expected LABEL=CLASS, such as walker=pedestrian')
    return label, name


def _said(counts: dict[str, int]) -> str:
    return ', '.join(f'{count} {name}' for name, count in counts.items()) or 'none'


def main(argv: Sequence[str] | None = None) -> int:
    """Convert from the command line and return the exit status."""
    return run_command(build_parser(), argv, convert)
