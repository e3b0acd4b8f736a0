"""Generate demo sequences: procedural pedestrians in the MOTChallenge layout."""

import argparse
from collections.abc import Sequence

from mmmaml.command_line import on_interrupt, run_command  # isort: skip


def build_parser() -> argparse.ArgumentParser:
    """Options of the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.ArgumentDefaultsHelpFormatter
    )
    parser.add_argument('root', help='folder in which train/, test/ and annotations/ are made')
    parser.add_argument('--train', type=int, default=4, help='training sequences')
    parser.add_argument('--test', type=int, default=2, help='held-out sequences, other people')
    parser.add_argument('--frames', type=int, default=300, help='frames a sequence')
    parser.add_argument('--people', type=int, default=12, help='identities a sequence')
    parser.add_argument(
        '--size', type=int, nargs=2, default=(640, 360), metavar=('WIDTH', 'HEIGHT'), help='pixels'
    )
    parser.add_argument('--fps', type=int, default=25, help='frames per second')
    parser.add_argument(
        '--similarity',
        type=float,
        default=0.4,
        help='how alike people are, 0 to 0.9: at 0.9 rivals differ by one or two small things',
    )
    parser.add_argument(
        '--palettes',
        type=int,
        nargs='+',
        default=[0],
        help='palettes of clothes (0 to 3), taken in turn by the sequences',
    )
    parser.add_argument(
        '--seed', type=int, default=0, help='another seed, other people and streets'
    )
    return parser


def generate(args: argparse.Namespace) -> int:
    """Generate and convert, and return the exit status."""
    from rich.progress import track

    from mmmaml.datasets import convert_mot
    from mmmaml.datasets.synthetic import SequenceAppearance, dataset_specs, generate_sequence

    if min(args.train, args.test) < 0 or not args.train + args.test:
        raise ValueError(
            f'--train {args.train} and --test {args.test} must be at least 0, and one of them more'
        )
    on_interrupt(f'sequences in {args.root} that have a seqinfo.ini are whole')
    specs = dataset_specs(
        args.train + args.test,
        args.seed,
        [SequenceAppearance(palette=palette) for palette in args.palettes],
        num_frames=args.frames,
        size=tuple(args.size),
        num_people=args.people,
        frame_rate=args.fps,
        similarity=args.similarity,
    )
    for number, spec in enumerate(track(specs, description='Generating')):
        subset = 'train' if number < args.train else 'test'
        generate_sequence(spec, f'{args.root}/{subset}')
    convert_mot(args.root)
    return 0


def main(argv: Sequence[str] | None = None) -> int:
    """Generate from the command line and return the exit status."""
    return run_command(build_parser(), argv, generate)
