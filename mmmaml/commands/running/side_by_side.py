"""Jobs side by side, each in a process of its own, with a progress bar and a log."""

import multiprocessing
import os
import signal
import sys
import time
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, redirect_stderr, redirect_stdout, suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from multiprocessing.context import BaseContext
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any, NamedTuple

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeRemainingColumn,
)

Advance = Callable[[int, int], None]
PRELOADED = ['mmmaml.apis', 'mmmaml.visualization']
"""Packages that are imported once for all processes, where the system can copy a process."""


class Job(NamedTuple):
    """A step of a program that may run beside others.

    Attributes:
        key: Names its result.
        name: Its name for the user.
        function: A function of a module. Its last argument is a function of what is done and of
            all there is to do.
        arguments: The others.
        after: Key of the job that has to end before.
    """

    key: str
    name: str
    function: Callable[..., Any]
    arguments: tuple[Any, ...]
    after: str | None = None


class JobError(Exception):
    """A job ended by an error; the message says which job and error."""


@dataclass
class _Running:
    job: Job
    label: str
    process: BaseProcess
    log: Path
    bar: TaskID
    start: float


class Steps:
    """Numbered steps of a program, each with a progress bar and its time.

    What libraries print meanwhile goes to a log file, one step after the other.

    Args:
        total: Number of steps.
        log: The log file.
        at_a_time: Jobs side by side, each in a process of its own; 1 runs all in this process.
    """

    def __init__(self, total: int, log: Path, at_a_time: int = 1) -> None:
        self.console = Console(file=sys.stdout)
        self.total, self.number = total, 0
        self.at_a_time = at_a_time
        log.parent.mkdir(parents=True, exist_ok=True)
        self._path = log
        # Open to the end: loggers that a step makes write to it in later steps, too.
        self.log = log.open('w', encoding='utf-8', buffering=1)
        self._context = _prepared_context() if at_a_time > 1 else None

    @contextmanager
    def step(self, name: str) -> Iterator[Advance]:
        """Show a step; yields a function of what is done and of all there is to do."""
        label, start = self._label(name), time.monotonic()
        with self._bars() as bars, redirect_stdout(self.log), redirect_stderr(self.log):
            bar = bars.add_task(label, total=None)
            yield lambda done, total: bars.update(bar, completed=done, total=total)
        self._say_done(label, start)

    def run(self, jobs: Sequence[Job]) -> dict[str, Any]:
        """Run jobs, in their order as far as they wait for none.

        Returns:
            The result of each, by its key.

        Raises:
            JobError: One ended by an error; those that still ran were stopped.
        """
        if self._context is not None:
            return self._run_side_by_side(jobs, self._context)
        results: dict[str, Any] = {}
        for job in jobs:
            with self.step(job.name) as advance:
                try:
                    results[job.key] = job.function(*job.arguments, advance)
                except Exception as error:
                    traceback.print_exc()
                    raise self._failure(job, _described(error)) from error
        return results

    def _run_side_by_side(self, jobs: Sequence[Job], context: BaseContext) -> dict[str, Any]:
        results: dict[str, Any] = {}
        waiting, running = list(jobs), dict[Connection, _Running]()
        try:
            with self._bars() as bars:
                while waiting or running:
                    ready = [job for job in waiting if job.after is None or job.after in results]
                    for job in ready[: self.at_a_time - len(running)]:
                        waiting.remove(job)
                        ours, each = self._start(job, context, bars)
                        running[ours] = each
                    for heard in wait(list(running)):
                        self._hear(heard, running, results, bars)  # type: ignore[arg-type]
        finally:
            for each in running.values():
                each.process.terminate()
            for each in running.values():
                each.process.join()
                self._take_log(each)
        return results

    def _start(
        self, job: Job, context: BaseContext, bars: Progress
    ) -> tuple[Connection, _Running]:
        label = self._label(job.name)
        log = self._path.with_name(f'{self._path.stem}_{self.number}{self._path.suffix}')
        ours, theirs = context.Pipe(duplex=False)
        process = context.Process(  # type: ignore[attr-defined]
            target=_work, args=(theirs, log, job.function, job.arguments)
        )
        process.start()
        theirs.close()  # so that the end of the process ends the connection
        bar = bars.add_task(label, total=None)
        return ours, _Running(job, label, process, log, bar, time.monotonic())

    def _hear(
        self,
        connection: Connection,
        running: dict[Connection, _Running],
        results: dict[str, Any],
        bars: Progress,
    ) -> None:
        """Take one message of a job: its progress, its result, or its end by an error."""
        each = running[connection]
        try:
            kind, value = connection.recv()
        except EOFError:
            each.process.join()
            kind, value = 'failed', f'its process ended with status {each.process.exitcode}'
        if kind == 'progress':
            done, total = value
            bars.update(each.bar, completed=done, total=total)
        elif kind == 'failed':
            raise self._failure(each.job, value)
        else:
            each.process.join()
            del running[connection]
            results[each.job.key] = value
            self._take_log(each)
            bars.remove_task(each.bar)
            self._say_done(each.label, each.start)

    def _failure(self, job: Job, reason: str) -> JobError:
        return JobError(
            f'{job.name} failed, and what ran beside it was stopped: {reason}; {self._path} has '
            'what it printed'
        )

    def _take_log(self, each: _Running) -> None:
        """Add what a job printed to the log."""
        if each.log.is_file():
            text = each.log.read_text(encoding='utf-8', errors='replace')
            self.log.write(f'{each.label}\n{text}')
            each.log.unlink()

    def _label(self, name: str) -> str:
        self.number += 1
        return f'[{self.number}/{self.total}] {name}'

    def _bars(self) -> Progress:
        columns = TextColumn('{task.description}'), BarColumn(), MofNCompleteColumn()
        return Progress(*columns, TimeRemainingColumn(), console=self.console, transient=True)

    def _say_done(self, label: str, start: float) -> None:
        self.console.print(f'{label}: {time.monotonic() - start:.0f} s', highlight=False)


def available_cores() -> int:
    """Count the cores that this process may use."""
    if hasattr(os, 'sched_getaffinity'):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _prepared_context() -> BaseContext:
    """Choose the way to start processes; begin to import what all of them need."""
    if 'forkserver' not in multiprocessing.get_all_start_methods():
        return multiprocessing.get_context('spawn')
    from multiprocessing import forkserver

    context = multiprocessing.get_context('forkserver')
    context.set_forkserver_preload(PRELOADED)
    forkserver.ensure_running()
    return context


def _work(
    connection: Connection, log: Path, function: Callable[..., Any], arguments: tuple[Any, ...]
) -> None:
    """Run a job in this process, and send what becomes of it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the program that waits for it ends it
    with log.open('w', encoding='utf-8') as file:
        for stream in (1, 2):
            os.dup2(file.fileno(), stream)
    try:
        result = function(*arguments, lambda *counts: connection.send(('progress', counts)))
    except BrokenPipeError:
        raise  # the program that waited is gone
    except Exception as error:
        traceback.print_exc()
        message = 'failed', _described(error)
    else:
        message = 'done', result
    sys.stdout.flush()
    sys.stderr.flush()
    with suppress(BrokenPipeError):
        connection.send(message)


def _described(error: Exception) -> str:
    return f'{type(error).__name__}: {" ".join(str(error).split())}'
