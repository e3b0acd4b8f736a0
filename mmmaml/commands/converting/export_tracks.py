"""Write tracks in the formats of annotation tools: CVAT, COCO, MOTChallenge."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from mmmaml.command_line import on_interrupt, run_command  # isort: skip

FORMATS = ('mot', 'cvat-mot', 'cvat-video', 'coco')


def build_parser() -> argparse.ArgumentParser:
    """Return the options of the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        'tracks',
        nargs='+',
        type=Path,
        metavar='FILE',
        help='tracks, SEQ.txt, or a folder of such',
    )
    parser.add_argument(
        '--format',
        required=True,
        choices=FORMATS,
        help='mot: SEQ/gt/gt.txt; cvat-mot: SEQ.zip of "MOT 1.1"; cvat-video: SEQ.xml of "CVAT '
        'for video 1.1"; coco: SEQ_cocoformat.json',
    )
    parser.add_argument('--out-dir', required=True, type=Path, metavar='DIR', help='files go here')
    parser.add_argument(
        '--sequences',
        type=Path,
        metavar='DIR',
        help='folder of the sequence folders SEQ, for the number and size of frames; cvat-video '
        'and coco need it',
    )
    return parser


def export(args: argparse.Namespace) -> int:
    """Read all tracks, then write them."""
    from mmmaml.datasets.conversion.track_export import FORMATS as WRITERS
    from mmmaml.datasets.conversion.track_export import read_tracks
    from mmmaml.utils.mot_files import read_seqinfo

    pattern, write = WRITERS[args.format]
    sources: dict[Path, Path] = {}
    jobs = []
    for path in _files(args.tracks):
        sequence = None if args.sequences is None else args.sequences / path.stem
        info = None if sequence is None else read_seqinfo(sequence)
        rows, said = read_tracks(path, info)
        target = args.out_dir / pattern.format(name=path.stem)
        other = sources.setdefault(target, path)
        if other is not path:
            raise ValueError(
                f'{other} and {path} would both be written as {target}: export them one by one '
                'with another --out-dir each, or rename one'
            )
        if target.exists():
            raise FileExistsError(
                f'{target} is there already: remove it, or choose another folder'
            )
        jobs.append((rows, target, sequence, said))
    on_interrupt(f'files in {args.out_dir} are whole')
    for rows, target, sequence, said in jobs:
        write(rows, target, sequence)
        for sentence in said:
            print(sentence, file=sys.stderr)
        print(f'{target}: {len(rows)} boxes of {len(set(rows[:, 1].tolist()))} tracks')
    return 0


def _files(paths: Sequence[Path]) -> list[Path]:
    files: list[Path] = []
    for path in paths:
        inside = sorted(path.glob('*.txt')) if path.is_dir() else [path]
        if not inside or not inside[0].is_file():
            raise FileNotFoundError(f'{path} does not exist or holds no SEQ.txt')
        if path.suffix in ('.csv', '.json'):
            raise ValueError(
                f'{path} has rows of another format: give {path.with_suffix(".txt")}, which '
                'mmmaml track writes beside it'
            )
        files += inside
    return files


def main(argv: Sequence[str] | None = None) -> int:
    """Export from the command line and return the exit status."""
    return run_command(build_parser(), argv, export)
