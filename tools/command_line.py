"""How the tools that read and write files end: one sentence for what went wrong.

Import it first: from then on Ctrl-C ends the program without a traceback, also while the other
imports take their seconds.
"""

import argparse
import sys
from collections.abc import Callable, Sequence
from types import TracebackType

BAD_INPUT = 2
INTERRUPTED = 130


def _end(kind: type[BaseException], error: BaseException, traceback: TracebackType | None) -> None:
    if issubclass(kind, KeyboardInterrupt):
        print('stopped by Ctrl-C before anything was read or written', file=sys.stderr)
    else:
        sys.__excepthook__(kind, error, traceback)


sys.excepthook = _end


def run_command(
    parser: argparse.ArgumentParser,
    argv: Sequence[str] | None,
    command: Callable[[argparse.Namespace], int],
) -> int:
    """Parse the command line and run the command.

    Args:
        parser: Gets the option ``--debug``.
        argv: Arguments; None for those of the process.
        command: Returns the exit status. It writes its outputs last, each whole or not at all.

    Returns:
        That status; 2 for input that cannot be used, 130 after Ctrl-C.
    """
    parser.add_argument(
        '--debug', action='store_true', help='show where in the program an error came from'
    )
    args = parser.parse_args(argv)
    try:
        return command(args)
    except KeyboardInterrupt:
        print(
            f'{parser.prog}: stopped by Ctrl-C; output files are written at the end, each whole '
            'or not at all',
            file=sys.stderr,
        )
        return INTERRUPTED
    except (OSError, ValueError) as error:
        if args.debug:
            raise
        print(f'{parser.prog}: {error}', file=sys.stderr)
        return BAD_INPUT
