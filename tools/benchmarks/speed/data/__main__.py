"""Count crops a second on one core, ours beside those of mmtrack's ReIDDataset, as Markdown."""

import argparse
import tempfile
from collections.abc import Sequence
from pathlib import Path

from mmmaml.command_line import on_interrupt  # isort: skip

from mmmaml.utils import register_all_modules, write_text
from mmmaml.utils.mot_files import find_sequences
from tools.benchmarks.speed.data.page import FRAMES, REPEATS, measure


def main(argv: Sequence[str] | None = None) -> None:
    """Measure from the command line."""
    parser = argparse.ArgumentParser(
        prog='python -m tools.benchmarks.speed.data', description=__doc__
    )
    parser.add_argument(
        'root', nargs='?', type=Path, help='folder of MOT sequences; default: a generated one'
    )
    parser.add_argument('--frames', type=int, default=FRAMES, help=f'of each sequence ({FRAMES})')
    parser.add_argument('--repeats', type=int, default=REPEATS, help=f'passes ({REPEATS})')
    parser.add_argument('--out', type=Path, help='write the tables here too')
    args = parser.parse_args(argv)
    on_interrupt('the tables are shown and written at the end')
    for name in ('frames', 'repeats'):
        if getattr(args, name) < 1:
            parser.error(f'--{name} {getattr(args, name)} must be at least 1')
    register_all_modules()
    with tempfile.TemporaryDirectory() as folder:
        try:
            sequences = None if args.root is None else find_sequences(args.root)
        except FileNotFoundError as error:
            parser.error(str(error))
        text = measure(Path(folder), sequences, args.frames, args.repeats)
    print(text)
    if args.out is not None:
        write_text(args.out, text)


if __name__ == '__main__':
    main()
