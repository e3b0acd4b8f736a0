"""Time testing, training, the start of tracking and the demo, beside an older checkout.

The demo's configs test and train on sequences in MOTChallenge layout, and track the first frame
of one; ``--demo-epochs`` also runs the whole demo, on data that it generates. Each measurement is
a process of its own; both checkouts take turns, and the least time of each counts, as other
programs can only add to it. The ratio is that of processor times, of the demo that of wall times.
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
PLAIN_CONFIG = 'demo/plain-reid_r18_demo.py'
COMPARED = 20
"""Iterations whose losses are compared: roundings grow with every step."""
HERE = Path(__file__).resolve().parents[4]
ROWS = {
    'test': ('a frame of tools/test.py, ms', 1000.0),
    'train': ('an iteration of tools/train.py, ms', 1000.0),
    'train_plain': ('the same, without meta-training, ms', 1000.0),
    'start': ('tools/track.py to its first tracked frame, s', 1.0),
    'demo': ('tools/demo.py, s', 1.0),
}


def main(argv: Sequence[str] | None = None) -> None:
    """Measure from the command line."""
    args = parse_args(argv)
    on_interrupt('the table is shown and written at the end')
    checkouts = {'this': HERE, **({'baseline': args.baseline} if args.baseline else {})}
    rows, notes = [], []
    for part in ROWS:
        if part == 'demo' and not args.demo_epochs:
            continue
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
        '--demo-epochs',
        type=int,
        default=0,
        metavar='N',
        help='also run the whole demo, with trainings of so many epochs; default: not at all',
    )
    parser.add_argument(
        '--benchmark', default='MOT17', help='its rules, which the ground truth follows'
    )
    parser.add_argument('--out', type=Path, metavar='FILE.md', help='write the table here')
    return parser.parse_args(argv)


def arguments(part: str, args: argparse.Namespace) -> list[str]:
    """Return the command line of one measurement."""
    if part == 'demo':
        return ['demo', CONFIG, '--epochs', str(args.demo_epochs)]
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
    if part == 'test':
        return ['test', CONFIG, '--options', json.dumps(options)]
    config = PLAIN_CONFIG if part == 'train_plain' else CONFIG
    line = ['train', config, '--options', json.dumps(options)]
    return [*line, '--iterations', str(args.iterations)]


def row(part: str, runs: dict[str, list[Any]]) -> list[str]:
    """Return the cells of a row: least processor and wall time, and most memory.

    The ratio is that of processor times, or of wall times of several processes.
    """
    name, factor = ROWS[part]
    clock = 'processor' if 'processor' in runs['this'][0] else 'wall'

    def cell(checkout: str, key: str) -> str:
        if checkout not in runs or key not in runs[checkout][0]:
            return ''
        values = [run[key] for run in runs[checkout]]
        if key == 'memory':
            return f'{max(values):.0f}'
        return f'{min(values) * factor:.3g}'

    ratio = ''
    if 'baseline' in runs:
        ours, theirs = (min(run[clock] for run in runs[each]) for each in ('this', 'baseline'))
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
    if part == 'demo':
        most = max(abs(ours[row] - theirs[row]) for row in ours)
        return f'IDF1 of the rows differs from that of the baseline by at most {100 * most:.2g}.'
    most = max(
        abs(a[key] - b[key]) / abs(b[key])
        for a, b in zip(ours[:COMPARED], theirs, strict=False)
        for key in a
        if b.get(key)
    )
    return (
        f'{ROWS[part][0].split(",")[0]}: in the first {COMPARED} iterations losses differ from '
        f'those of the baseline by at most {most:.2g} of their value.'
    )


if __name__ == '__main__':
    main()
