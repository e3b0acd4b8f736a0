"""Score tracks in MOTChallenge format against ground truth; no sequence map is needed."""

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from mmmaml.command_line import run_command  # isort: skip

from mmmaml.evaluation.folder_evaluation import FolderEvaluation, evaluate_folders
from mmmaml.evaluation.row_checks import BENCHMARKS
from mmmaml.evaluation.tables import markdown_table, scores_to_json, terminal_table
from mmmaml.utils import write_text


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
    found = evaluate_folders(args.gt, args.results, args.benchmark, args.fps, args.sequences)
    tables = (found.evaluation.scores, None, found.reentry)
    print(terminal_table(*tables), end='')
    print('\n'.join(legend(found)))
    if args.json is not None:
        scores = json.loads(scores_to_json(*tables))
        document = {'benchmark': found.benchmark, **scores, 'notes': found.notes}
        write_text(args.json, json.dumps(document, indent=2) + '\n')
    if args.markdown is not None:
        parts = [markdown_table(*tables).strip(), *legend(found)]
        write_text(args.markdown, '\n\n'.join(parts) + '\n')
    return 0


def legend(found: FolderEvaluation) -> list[str]:
    """What the numbers are, and what was left out, a sentence each."""
    chosen = f'Scores by TrackEval with the preprocessing of {found.benchmark}, ratios in percent.'
    kept = (
        'kept: people who came back after at least so many seconds and kept their id, of all '
        'who came back.'
    )
    return [chosen, *([kept] if found.reentry else []), *found.notes]


def main(argv: Sequence[str] | None = None) -> int:
    """Evaluate from the command line; returns the exit status."""
    return run_command(build_parser(), argv, evaluate)


if __name__ == '__main__':
    sys.exit(main())
