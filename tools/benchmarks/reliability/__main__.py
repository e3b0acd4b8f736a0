"""Measure the promises about training, resuming and tracking for days, and write the page.

docs/reliability.md is such a page. Each section is a module with a function ``section``.
"""

import argparse
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path

from mmmaml.command_line import on_interrupt  # isort: skip

from mmmaml.utils import register_all_modules, write_text
from tools.benchmarks.common.presets import Preset
from tools.benchmarks.reliability.page import COMMAND, Section, lay_out, texts_of


def _measured_by(title: str, module: str) -> Section:
    """Make the section of a module, which is imported by the first measurement."""

    def measure(preset: Preset) -> str:
        return import_module(f'tools.benchmarks.{module}').section(preset)

    return Section(title, measure)


SECTIONS = {
    'distributed': _measured_by('Distributed training and testing', 'reliability.distributed'),
    'resume': _measured_by('Resuming', 'reliability.resume'),
    'training': _measured_by(
        'Mixed precision, accumulation, clipping, averaging, NaN', 'reliability.training'
    ),
    'soak': _measured_by('Memory and time of the tracker', 'reliability.soak.page'),
    'bad_input': _measured_by('Bad input', 'reliability.bad_input'),
    'data': _measured_by('Speed of the data', 'speed.data.page'),
    'determinism': _measured_by('Determinism', 'reliability.determinism'),
}


def main(argv: Sequence[str] | None = None) -> None:
    """Measure from the command line."""
    parser = argparse.ArgumentParser(prog=COMMAND, description=__doc__)
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
            texts = _kept(args.out) | texts  # sections that others measured meanwhile stay
            write_text(args.out, lay_out(SECTIONS, texts))
    print(lay_out(SECTIONS, texts))


def _kept(page: Path) -> dict[str, str]:
    return texts_of(page.read_text(encoding='utf-8'), SECTIONS) if page.exists() else {}


if __name__ == '__main__':
    main()
