"""Time OnlineMetaTracker beside the trackers of mmdet and mmtrack, and count their errors.

All get the same simulated detections and embeddings of ground truth in MOT layout, on one thread.
Prints Markdown; docs/speed.md is such a page.
"""

import argparse
import json
from collections.abc import Sequence
from pathlib import Path

from mmmaml.command_line import on_interrupt  # isort: skip

from mmmaml.utils import write_text
from tools.benchmarks.common.clocks import one_thread
from tools.benchmarks.common.simulated_detections import Noise, read_video
from tools.benchmarks.speed.tracker.measurements import benchmark
from tools.benchmarks.speed.tracker.page import page

COMMAND = 'python -m tools.benchmarks.speed.tracker'


def main(argv: Sequence[str] | None = None) -> None:
    """Measure from the command line."""
    parser = argparse.ArgumentParser(prog=COMMAND, description=__doc__)
    parser.add_argument('gt', nargs='*', type=Path, help='MOT gt.txt files or sequence folders')
    parser.add_argument('--repeats', type=int, default=3, help='passes of each tracker')
    parser.add_argument('--frames', type=int, help='use the first frames of each video only')
    parser.add_argument('--crowd', type=int, metavar='N', help='also N people walking at random')
    parser.add_argument(
        '--growth', action='store_true', help='also time and memory of long videos'
    )
    parser.add_argument('--seed', type=int, default=0, help='of all random numbers')
    parser.add_argument('--out', type=Path, help='write the page here too')
    parser.add_argument('--json', type=Path, help='write the numbers here too')
    args = parser.parse_args(argv)
    on_interrupt('the page and the numbers are written at the end')
    if not (args.gt or args.crowd or args.growth):
        parser.error('nothing to do: give ground truth files, --crowd N or --growth')
    for name in ('repeats', 'frames', 'crowd'):
        value = getattr(args, name)
        if value is not None and value < 1:
            parser.error(f'--{name} {value} must be at least 1')
    try:
        videos = [read_video(path, Noise(), args.seed, args.frames) for path in args.gt]
    except (OSError, ValueError) as error:
        parser.error(str(error))
    with one_thread():
        results = benchmark(videos, args.crowd, args.growth, args.repeats, args.seed)
    text = page(results, command(args), args.repeats)
    print(text)
    if args.out is not None:
        write_text(args.out, text + other_sections(args.out))
    if args.json is not None:
        write_text(args.json, json.dumps(results, indent=1) + '\n')


def other_sections(page: Path) -> str:
    """Return what a page holds of other benchmarks, from the section of the chain on."""
    if not page.is_file():
        return ''
    mark = '\n## The whole chain\n'
    _, found, rest = page.read_text(encoding='utf-8').partition(mark)
    return found + rest


def command(args: argparse.Namespace) -> str:
    """Return the command that makes the page, ground truth by its name alone."""
    parts = [COMMAND]
    parts += [path.name for path in args.gt]
    for name in ('frames', 'crowd'):
        parts += [f'--{name} {getattr(args, name)}'] if getattr(args, name) else []
    parts += ['--growth'] if args.growth else []
    parts += [f'--repeats {args.repeats}', f'--seed {args.seed}', '--out docs/speed.md']
    return ' '.join(parts)


if __name__ == '__main__':
    main()
