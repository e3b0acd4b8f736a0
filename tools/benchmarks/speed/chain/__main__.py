"""Time testing, training, tracking, its start and the demo, beside an older checkout.

The demo's configs test and train on sequences in MOTChallenge layout, and track one of them with a
video written; the start is that of the demo's config and of one with a detector of MMDetection.
``--demo-epochs`` also runs the whole demo, on data that it generates. Each measurement is a
process of its own; both checkouts take turns, and the least time of each counts, as other
programs only add to it. Frames beside busy processes, which it starts itself, are in a table of
their own.
"""

import argparse
import json
import statistics
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
ONE_SHOT = 'one_shot/one-shot_r18_demo.py'
DETECTOR = 'compose/yolox-s_maml-mot_mot17half.py'
ROWS = {
    'test': ('a frame of tools/test.py, ms', 1000.0),
    'train': ('an iteration of tools/train.py, ms', 1000.0),
    'train_plain': ('the same, without meta-training, ms', 1000.0),
    'start': ('start to the first tracked frame, detections given, s', 1.0),
    'start detector': ('the same, YOLOX of MMDetection, s', 1.0),
    'video': ('tools/track.py with a video, all cores, s', 1.0),
    'video one core': ('the same, one core, s', 1.0),
    'demo': ('tools/demo.py, s', 1.0),
}
BUSY = {'busy': ('boxes cut out', CONFIG), 'busy frames': ('whole frames', ONE_SHOT)}
PARTS = (*ROWS, *BUSY)


def main(argv: Sequence[str] | None = None) -> None:
    """Measure from the command line."""
    args = parse_args(argv)
    on_interrupt('the table is shown and written at the end')
    checkouts = {'this': HERE, **({'baseline': args.baseline} if args.baseline else {})}
    rows, busy, notes = [], [], []
    for part in args.parts:
        if part == 'demo' and not args.demo_epochs:
            continue
        runs = run_in_turn(MODULE, arguments(part, args), checkouts, args.rounds)
        if part in BUSY:
            busy += [busy_row(part, name, each) for name, each in runs.items()]
            continue
        rows.append(row(part, runs))
        if 'baseline' in runs and part in ('test', 'train'):
            notes.append(compare_results(part, runs))
    text = ''
    if rows:
        head = ['', 'processor', 'baseline', 'ratio', 'wall', 'baseline', 'ratio']
        text += table([*head, 'MiB', 'baseline', 'ratio'], rows)
        text += ''.join(f'\n{note}\n' for note in notes)
    if busy:
        head = ['network of', '', 'one thread, alone', 'one thread', 'default']
        text += '\n' + table([*head, 'threads', 'default over one', 'over alone'], busy)
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
    parser.add_argument(
        '--parts', nargs='+', choices=PARTS, default=PARTS, metavar='PART', help='some of them'
    )
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
    source = str(min(path for path in (root / 'train').iterdir() if path.is_dir()))
    if part in BUSY:
        return ['busy', BUSY[part][1], '--iterations', '3']
    if part.startswith('start'):
        line = ['start', CONFIG, '--source', source]
        if 'detector' in part:  # of random weights, which takes no download
            parts = ('detector', 'reid.backbone')
            no_weights: dict[str, None] = {f'model.{each}.init_cfg': None for each in parts}
            line = ['start', DETECTOR, '--source', source, '--options', json.dumps(no_weights)]
        return line
    if part.startswith('video'):
        line = ['video', CONFIG, '--source', source]
        return [*line, '--cores', '1'] if 'one core' in part else line
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
    """Return the cells of a row: least processor and wall time, and most memory."""
    name, factor = ROWS[part]

    def cell(checkout: str, key: str) -> str:
        if checkout not in runs or key not in runs[checkout][0]:
            return ''
        values = [run[key] for run in runs[checkout]]
        if key == 'memory':
            return f'{max(values):.0f}'
        return f'{min(values) * factor:.3g}'

    def cells(key: str) -> list[str]:
        ratio = ''
        if 'baseline' in runs and key in runs['this'][0]:
            least = max if key == 'memory' else min
            ours, theirs = (least(run[key] for run in runs[each]) for each in ('this', 'baseline'))
            ratio = f'{ours / theirs:.2f}x'
        return [cell('this', key), cell('baseline', key), ratio]

    return [name, *cells('processor'), *cells('wall'), *cells('memory')]


def busy_row(part: str, checkout: str, runs: list[Any]) -> list[str]:
    """Return the cells of a row: milliseconds a frame beside busy processes, medians of runs."""
    names = ('alone', 'one', 'default')
    alone, one, default = (statistics.median(1000 * run[name] for run in runs) for name in names)
    threads = '/'.join(sorted({f'{run["threads"]:.0f}' for run in runs}))
    times = [f'{each:.3g}' for each in (alone, one, default)]
    ratios = [f'{default / one:.2f}x', f'{default / alone:.2f}x']
    return [BUSY[part][0], checkout, *times, threads, *ratios]


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
