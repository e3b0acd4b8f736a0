"""Arguments that several commands share, and their checks; importing it takes no time."""

import argparse
import os
import sys
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any, NoReturn


def fail(parser: argparse.ArgumentParser, message: str) -> NoReturn:
    """End the program with one sentence and status 2."""
    parser.exit(2, f'{parser.prog}: {message}\n')


def check_file(parser: argparse.ArgumentParser, path: str | None, what: str) -> None:
    """End the program if a file is missing; addresses such as ``https://`` pass."""
    if path is not None and '://' not in path and not Path(path).is_file():
        fail(parser, f'{what} {path} does not exist')


def display_problem() -> str | None:
    """Say that there is no display for ``--show``; None if there is one.

    OpenCV ends the whole program if it finds none.
    """
    linux = sys.platform.startswith('linux')
    if linux and not {'DISPLAY', 'WAYLAND_DISPLAY'} & set(os.environ):
        return '--show needs a display, and there is none: leave it out, or use ssh -X'
    return None


def frames_per_second(text: str) -> float:
    """Read a frame rate, ``25``, ``29.97`` or ``30000/1001``."""
    try:
        return float(Fraction(text))
    except (ValueError, ZeroDivisionError):
        raise argparse.ArgumentTypeError(
            f'{text!r} is no frame rate: write 25, 29.97 or 30000/1001'
        ) from None


class ConfigOptions(argparse.Action):
    """``DictAction`` of MMEngine, which is imported when there are options."""

    def __call__(
        self,
        parser: argparse.ArgumentParser,
        namespace: argparse.Namespace,
        values: str | Sequence[Any] | None,
        option_string: str | None = None,
    ) -> None:
        """Add options ``KEY=VALUE`` to the namespace."""
        from mmengine.config import DictAction

        action = DictAction(self.option_strings, self.dest)
        action(parser, namespace, values, option_string)


def add_cfg_options(parser: argparse.ArgumentParser, example: str = '') -> None:
    """Add ``--cfg-options``, which replace values of a config.

    Args:
        parser: Gets the option.
        example: Shown in its help.
    """
    parser.add_argument(
        '--cfg-options',
        nargs='+',
        action=ConfigOptions,
        default={},
        metavar='KEY=VALUE',
        help='replace values of the config' + (f', e.g. {example}' if example else ''),
    )
