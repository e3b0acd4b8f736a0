"""Measure the tracker's memory and time over very many frames and tasks.

People come and go without end on simulated detections. Prints Markdown.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path

from mmmaml.command_line import on_interrupt  # isort: skip

from mmmaml.utils import write_text
from tools.benchmarks.reliability.soak.page import FRAMES, IN_VIEW, TASKS, measure


def main(argv: Sequence[str] | None = None) -> None:
    """Measure from the command line."""
    parser = argparse.ArgumentParser(
        prog='python -m tools.benchmarks.reliability.soak', description=__doc__
    )
    parser.add_argument('--frames', type=int, default=FRAMES, help=f'of a soak ({FRAMES})')
    parser.add_argument('--in-view', type=int, default=IN_VIEW, help=f'people ({IN_VIEW})')
    parser.add_argument('--tasks', type=int, nargs='*', default=TASKS, help='in the task memory')
    parser.add_argument('--out', type=Path, help='write the tables here too')
    args = parser.parse_args(argv)
    on_interrupt('the tables are written at the end')
    numbers = [('frames', args.frames), ('in-view', args.in_view)]
    for name, number in [*numbers, *(('tasks', number) for number in args.tasks)]:
        if number < 1:
            parser.error(f'--{name} {number} must be at least 1')
    text = measure(args.frames, args.in_view, args.tasks)
    print(text)
    if args.out is not None:
        write_text(args.out, text)


if __name__ == '__main__':
    main()
