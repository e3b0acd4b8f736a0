"""Commands that run side by side, in processes of one thread each."""

import os
import subprocess
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from tools.benchmarks.common.paths import ROOT

LAST_LINES = 3


@dataclass(frozen=True)
class Command:
    """A command to run.

    Attributes:
        name: For messages.
        arguments: Program and arguments.
        log: File for what it prints; it is appended to.
    """

    name: str
    arguments: tuple[str, ...]
    log: Path


class Done(NamedTuple):
    """A command that is finished, and the seconds of processor time that it took."""

    command: Command
    seconds: float


def run_command(command: Command) -> Done:
    """Run a command on one thread, with the package of this checkout.

    Raises:
        ChildProcessError: It failed; the message names the log and shows its last lines.
    """
    threads = dict.fromkeys(('OMP_NUM_THREADS', 'MKL_NUM_THREADS'), '1')
    paths = os.pathsep.join(filter(None, (str(ROOT), os.environ.get('PYTHONPATH'))))
    command.log.parent.mkdir(parents=True, exist_ok=True)
    with command.log.open('a', encoding='utf-8') as log:
        process = subprocess.Popen(
            command.arguments,
            env={**os.environ, **threads, 'PYTHONPATH': paths},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
        )
        # The clock tells little on a machine with other work; only wait4 tells processor time.
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = code = os.waitstatus_to_exitcode(status)
    if code:
        said = command.log.read_text(encoding='utf-8', errors='replace').strip().splitlines()
        raise ChildProcessError(
            f'{command.name} ended with status {code}: {" / ".join(said[-LAST_LINES:])} '
            f'(all of it in {command.log})'
        )
    return Done(command, usage.ru_utime + usage.ru_stime)


def run_side_by_side(commands: Iterable[Command], number: int) -> Iterator[Done]:
    """Yield commands as they are finished.

    The first that fails ends it all: those that run are waited for, others do not begin.

    Args:
        commands: To run.
        number: Of commands that run at a time.
    """
    pool = ThreadPoolExecutor(number)
    try:
        futures = [pool.submit(run_command, each) for each in commands]
        for future in as_completed(futures):
            yield future.result()
    finally:
        pool.shutdown(wait=True, cancel_futures=True)
