"""The end of command lines: one sentence for what went wrong, and no traceback.

Import it first: from then on Ctrl-C ends the program with a sentence, also while the other
imports take their seconds; and threads that wait sleep, which torch asks once.
"""

import argparse
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from types import TracebackType

from mmmaml.utils.threads import let_threads_sleep

BAD_INPUT = 2
INTERRUPTED = 130
_NOTHING_YET = 'nothing was read or written yet'
_AT_THE_END = 'output files are written at the end, each whole or not at all'


_left: Callable[[], str] = lambda: _NOTHING_YET  # noqa: E731


def on_interrupt(left: str | Callable[[], str]) -> None:
    """Set what a program that is stopped by Ctrl-C from here on leaves behind.

    Args:
        left: Half a sentence, or a function that is asked for it when that happens.
    """
    global _left
    _left = left if callable(left) else lambda: left


def interrupted() -> str:
    """Return the sentence after Ctrl-C."""
    return f'stopped by Ctrl-C: {_left()}'


def fold(error: BaseException) -> str:
    """Fold an error into one line; an error that nobody foresaw names its kind."""
    words = ' '.join(str(error).split())
    if isinstance(error, OSError | ValueError) and words:
        return words
    return f'{type(error).__name__}: {words} (--debug shows where)'


def _end(kind: type[BaseException], error: BaseException, traceback: TracebackType | None) -> None:
    if issubclass(kind, KeyboardInterrupt):
        print(interrupted(), file=sys.stderr)
    else:
        sys.__excepthook__(kind, error, traceback)


sys.excepthook = _end
let_threads_sleep()


@contextmanager
def one_sentence(
    parser: argparse.ArgumentParser,
    debug: bool | Callable[[], bool] = False,
    kinds: tuple[type[Exception], ...] = (OSError, ValueError),
) -> Iterator[None]:
    """End the program with a sentence in place of a traceback if its block fails.

    Args:
        parser: Its name begins the sentence.
        debug: Let errors through as they are; a function is asked when there is one.
        kinds: Errors that are told in a sentence.

    Raises:
        SystemExit: Status 2 after input that cannot be used, 1 after what nobody foresaw, 130
            after Ctrl-C.
    """
    try:
        yield
    except KeyboardInterrupt:
        parser.exit(INTERRUPTED, f'{parser.prog}: {interrupted()}\n')
    except kinds as error:
        if debug() if callable(debug) else debug:
            raise
        status = BAD_INPUT if isinstance(error, OSError | ValueError) else 1
        parser.exit(status, f'{parser.prog}: {fold(error)}\n')


def add_debug_option(parser: argparse.ArgumentParser) -> None:
    """Add ``--debug``."""
    parser.add_argument(
        '--debug', action='store_true', help='show where in the program an error came from'
    )


def run_command(
    parser: argparse.ArgumentParser,
    argv: Sequence[str] | None,
    command: Callable[[argparse.Namespace], int],
) -> int:
    """Parse the command line and run the command.

    Args:
        parser: Gets the option ``--debug``.
        argv: Arguments; None for those of the process.
        command: Returns the exit status. It writes its outputs last, each whole or not at all, or
            says by :func:`on_interrupt` what it leaves.

    Returns:
        That status; 2 for input that cannot be used, 1 for what nobody foresaw, 130 after
        Ctrl-C.
    """
    add_debug_option(parser)
    args = parser.parse_args(argv)
    on_interrupt(_AT_THE_END)
    try:
        with one_sentence(parser, args.debug, (Exception,)):
            return command(args)
    except SystemExit as end:
        return int(end.code or 0)
