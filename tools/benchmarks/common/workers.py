"""Jobs in processes of one thread each."""

import multiprocessing
import os
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from typing import TypeVar

import cv2
import torch

Advance = Callable[[int, int], None]
Job = TypeVar('Job')
Result = TypeVar('Result')


class Workers:
    """Processes that work off jobs; with one worker this process does so itself.

    Output of libraries meanwhile goes to a log file.

    Args:
        number: Of processes.
        log: The log file; it is appended to.
    """

    def __init__(self, number: int, log: Path) -> None:
        log.parent.mkdir(parents=True, exist_ok=True)
        self._log = log.open('a', encoding='utf-8', buffering=1)
        self._pool: ProcessPoolExecutor | None = None
        if number > 1:
            # Whole frames come and go between small results that stay: on one heap, glibc could
            # give next to nothing back, and a worker would grow by gigabytes.
            os.environ.setdefault('MALLOC_MMAP_THRESHOLD_', str(2**19))
            context = multiprocessing.get_context('spawn')
            self._pool = ProcessPoolExecutor(number, context, _start_worker, (log,))
        else:
            _one_thread()

    def __enter__(self) -> 'Workers':
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if self._pool is not None:
            self._pool.shutdown(wait=kind is None, cancel_futures=True)

    def map(self, function: Callable[[Job], Result], jobs: Iterable[Job]) -> Iterator[Result]:
        """Yield results of jobs, in the order in which they are finished.

        An error of a job ends it all; jobs that have not begun are then left out.

        Args:
            function: A function of a module.
            jobs: Its arguments.
        """
        if self._pool is None:
            for job in jobs:
                with redirect_stdout(self._log), redirect_stderr(self._log):
                    result = function(job)
                yield result
            return
        futures = [self._pool.submit(function, job) for job in jobs]
        for future in as_completed(futures):
            yield future.result()


def _start_worker(log: Path) -> None:
    _one_thread()
    with log.open('a') as file:
        for stream in (1, 2):
            os.dup2(file.fileno(), stream)


def _one_thread() -> None:
    torch.set_num_threads(1)
    cv2.setNumThreads(0)
