"""Measure what is promised about training, resuming and tracking for days, and write the page.

docs/reliability.md is such a page. Each section is a module of its own, ``reliability_KEY.py``.
"""

import argparse
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path

from mmmaml.command_line import on_interrupt  # isort: skip

from reliability_page import Preset, Section, lay_out, texts_of

from mmmaml.utils import register_all_modules, write_text


def _measured_by(module: str) -> Section:
    """The section of a module that is imported when it is asked for."""

    def measure(preset: Preset) -> str:
        return import_module(module).section(preset)

    return Section(TITLES[module], measure)


TITLES = {
    'reliability_distributed': 'Distributed training and testing',
    'reliability_resume': 'Resuming',
    'reliability_training': 'Mixed precision, accumulation, clipping, averaging, NaN',
    'soak_tracker': 'Memory and time of the tracker',
    'reliability_bad_input': 'Bad input',
    'benchmark_data': 'Speed of the data',
    'reliability_determinism': 'Determinism',
}
SECTIONS = {module.removeprefix('reliability_'): _measured_by(module) for module in TITLES}


def main(argv: Sequence[str] | None = None) -> None:
    """Measure from the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--only', nargs='+', choices=SECTIONS, help='measure these sections only')
    parser.add_argument(
        '--preset',
        choices=('small', 'full'),
        default='full',
        help='small: to try the measurements; its numbers mean little',
    )
    parser.add_argument(
        '--out',
        type=Path,
        help='write the page here; sections that were not measured are kept as they are',
    )
    args = parser.parse_args(argv)
    on_interrupt('sections that were measured are in the page, each written when it is done')
    register_all_modules(init_default_scope=False)
    texts: dict[str, str] = {}
    for key in args.only or SECTIONS:
        texts[key] = SECTIONS[key].measure(args.preset)
        if args.out is not None:
            texts = _kept(args.out) | texts  # what others have measured meanwhile stays
            write_text(args.out, lay_out(SECTIONS, texts))
    print(lay_out(SECTIONS, texts))


def _kept(page: Path) -> dict[str, str]:
    return texts_of(page.read_text(encoding='utf-8'), SECTIONS) if page.exists() else {}


if __name__ == '__main__':
    main()
