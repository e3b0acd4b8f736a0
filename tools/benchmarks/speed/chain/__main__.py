"""Time testing, training and the start of tracking, beside an older checkout.

The demo's config tests and trains on sequences in MOTChallenge layout, and tracks the first frame
of one. Each measurement is a process of its own; both checkouts take turns, and the least
processor time of each counts, as other programs can only add to it.
"""

import argparse
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from mmmaml.command_line import on_interrupt  # isort: skip

from mmmaml.utils import write_text
from tools.benchmarks.common.alternation import run_in_turn
from tools.benchmarks.common.tables import table

MODULE = 'tools.benchmarks.speed.chain.measure'
CONFIG = 'demo/maml-mot_r18_demo.py'
HERE = Path(__file__).resolve().parents[4]
ROWS = {
    'test': ('a frame of tools/test.py, ms', 1000.0),
    'train': ('an iteration of tools/train.py, ms', 1000.0),
    'start': ('tools/track.py to its first tracked frame, s', 1.0),
}


def main(argv: Sequence[str] | None = None) -> None:
    """Measure from the command line."""
    args = parse_args(argv)
    on_interrupt('the table is shown and written at the end')
    checkouts = {'this': HERE, **({'baseline': args.baseline} if args.baseline else {})}
    rows, notes = [], []
    for part in ROWS:
        runs = run_in_turn(MODULE, arguments(part, args), checkouts, args.rounds)
        rows.append(row(part, runs))
        if 'baseline' in runs and part != 'start':
            notes.append(compare_results(part, runs))
    text = table(
        ['', 'processor', 'baseline', 'ratio', 'wall', 'baseline', 'MiB', 'baseline'], rows
    )
    text += ''.join(f'\n{note}\n' for note in notes)
    print(text, end='')
    if args.out is not None:
        write_text(args.out, text)


def parse_args(argv: Sequence[str] | None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        prog='python -m tools.benchmarks.speed.chain', description=__doc__
    )
    parser.add_argument(
        'root',
        type=Path,
        help='folder with train/SEQ and annotations/train_cocoformat.json, of mot2coco.py',
    )
    parser.add_argument('--baseline', type=Path, metavar='DIR', help='older checkout')
    parser.add_argument('--rounds', type=int, default=2, help='runs of each')
    parser.add_argument('--iterations', type=int, default=60, help='of a training')
    parser.add_argument(
        '--benchmark', default='MOT17', help='its rules, which the ground truth follows'
    )
    parser.add_argument('--out', type=Path, metavar='FILE.md', help='write the table here')
    return parser.parse_args(argv)


def arguments(part: str, args: argparse.Namespace) -> list[str]:
    """Return the command line of one measurement."""
    root = args.root.resolve()
    if not (root / 'annotations' / 'train_cocoformat.json').is_file():
        raise FileNotFoundError(
            f'{root} holds no annotations/train_cocoformat.json: convert it by mot2coco.py'
        )
    if part == 'start':
        source = min(path for path in (root / 'train').iterdir() if path.is_dir())
        return ['start', CONFIG, '--source', str(source)]
    options = {
        'train_dataloader.dataset.dataset.data_root': str(root),
        'test_dataloader.dataset.data_root': str(root),
        'test_dataloader.dataset.ann_file': 'annotations/train_cocoformat.json',
        'test_dataloader.dataset.data_prefix.img_path': 'train',
        'test_evaluator.benchmark': args.benchmark,
    }
    line = [part, CONFIG, '--options', json.dumps(options)]
    return [*line, '--iterations', str(args.iterations)] if part == 'train' else line


def row(part: str, runs: dict[str, list[Any]]) -> list[str]:
    """Return the cells of a row: least processor and wall time, and most memory."""
    name, factor = ROWS[part]

    def cell(checkout: str, key: str) -> str:
        if checkout not in runs:
            return ''
        values = [run[key] for run in runs[checkout]]
        if key == 'memory':
            return f'{max(values):.0f}'
        return f'{min(values) * factor:.3g}'

    ratio = ''
    if 'baseline' in runs:
        ours, theirs = (
            min(run['processor'] for run in runs[each]) for each in ('this', 'baseline')
        )
        ratio = f'{ours / theirs:.2f}x'
    cells = [cell(each, 'processor') for each in ('this', 'baseline')]
    rest = [cell(each, key) for key in ('wall', 'memory') for each in ('this', 'baseline')]
    return [name, *cells, ratio, *rest]


def compare_results(part: str, runs: dict[str, list[Any]]) -> str:
    """Say in words how far the results of both checkouts agree."""
    ours, theirs = (runs[each][0]['results'] for each in ('this', 'baseline'))
    if part == 'test':
        same = sum(a['ids'] == b['ids'] for a, b in zip(ours, theirs, strict=True))
        return f'Identities are those of the baseline in {same} of {len(ours)} frames.'
    most = max(
        abs(a[key] - b[key]) for a, b in zip(ours, theirs, strict=True) for key in a if key in b
    )
    return f'Losses differ from those of the baseline by at most {most:.3g}.'


if __name__ == '__main__':
    main()
