"""Score tracks in MOTChallenge format against ground truth; no sequence map is needed."""

import argparse
from collections.abc import Sequence
from pathlib import Path

from mmmaml.command_line import run_command  # isort: skip

from mmmaml.evaluation.benchmarks import BENCHMARKS


def build_parser() -> argparse.ArgumentParser:
    """Options of the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        '--gt',
        metavar='DIR',
        required=True,
        help='ground truth: DIR/SEQ/gt/gt.txt (DIR/SEQ/seqinfo.ini is read if there) or '
        'DIR/SEQ.txt',
    )
    parser.add_argument(
        '--results', metavar='DIR', required=True, help='tracks: DIR/SEQ.txt of every sequence'
    )
    parser.add_argument(
        '--benchmark',
        choices=BENCHMARKS,
        help='whose preprocessing applies; default: MOT15 (all boxes count) for ground truth '
        'without classes, MOT20 for sequences of that name, else MOT17',
    )
    parser.add_argument(
        '--fps',
        type=float,
        help='frames per second of sequences without seqinfo.ini, for the absences',
    )
    parser.add_argument('--sequences', nargs='+', metavar='SEQ', help='score these only')
    parser.add_argument('--json', metavar='FILE', type=Path, help='also write all scores here')
    parser.add_argument('--markdown', metavar='FILE', type=Path, help='also write the table here')
    return parser


def evaluate(args: argparse.Namespace) -> int:
    """Score, show and write."""
    # Not needed to parse the command line: the scorers take seconds to load.
    from mmmaml.evaluation.files.folder_evaluation import evaluate_folders, files_read
    from mmmaml.evaluation.scoring.tables import (
        evaluation_to_json,
        legend,
        markdown_table,
        terminal_table,
    )
    from mmmaml.utils.files import write_text
    from mmmaml.utils.outputs import refuse_overwriting

    refuse_overwriting([args.json, args.markdown], files_read(args.gt, args.results))
    evaluation = evaluate_folders(args.gt, args.results, args.benchmark, args.fps, args.sequences)
    print(terminal_table(evaluation), end='')
    print('\n'.join(legend(evaluation)))
    if args.json is not None:
        write_text(args.json, evaluation_to_json(evaluation))
    if args.markdown is not None:
        parts = [markdown_table(evaluation).strip(), *legend(evaluation)]
        write_text(args.markdown, '\n\n'.join(parts) + '\n')
    return 0


def main(argv: Sequence[str] | None = None) -> int:
    """Evaluate from the command line; returns the exit status."""
    return run_command(build_parser(), argv, evaluate)
