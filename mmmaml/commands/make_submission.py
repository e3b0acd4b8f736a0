"""Pack results of MOT15, MOT16, MOT17 or MOT20 for the MOTChallenge server, every row checked."""

import argparse
from collections.abc import Sequence
from pathlib import Path

from mmmaml.command_line import run_command  # isort: skip

from mmmaml.evaluation.benchmarks import SERVER_BENCHMARKS, SPLITS


def build_parser() -> argparse.ArgumentParser:
    """Options of the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        'results', metavar='RESULTS', type=Path, help='folder with SEQ.txt of each sequence'
    )
    parser.add_argument('--benchmark', choices=SERVER_BENCHMARKS, required=True)
    parser.add_argument(
        '--split',
        choices=SPLITS,
        default='all',
        help='all (default): test and training sequences, which the server asks for',
    )
    parser.add_argument('--out', metavar='ZIP', type=Path, required=True, help='file to write')
    parser.add_argument(
        '--copy-detectors',
        action='store_true',
        help='MOT17: where a video was tracked once (MOT17-01-FRCNN.txt, or MOT17-01.txt with a '
        'detector of your own), use these results for DPM, FRCNN and SDP',
    )
    return parser


def pack(args: argparse.Namespace) -> int:
    """Check, pack and say what was done."""
    # Not needed to parse the command line.
    from mmmaml.evaluation.files.submission import read_submission, write_submission
    from mmmaml.utils.outputs import refuse_overwriting

    if args.out.suffix != '.zip':
        raise ValueError(f'--out {args.out} must end in .zip')
    refuse_overwriting([args.out], args.results.glob('*.txt'))
    submission = read_submission(args.results, args.benchmark, args.split, args.copy_detectors)
    write_submission(args.out, submission.texts)
    for note in submission.notes():
        print(note)
    rows = sum(text.count('\n') for text in submission.texts.values())
    print(f'{args.out}: {len(submission.texts)} sequences, {rows} rows, checked')
    return 0


def main(argv: Sequence[str] | None = None) -> int:
    """Make a submission from the command line; returns the exit status."""
    return run_command(build_parser(), argv, pack)
