"""Clocks that hold on a machine with other work."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import cv2
import torch
from mmengine.device import get_device


@contextmanager
def one_thread() -> Iterator[None]:
    """Keep torch and OpenCV to one thread."""
    threads = torch.get_num_threads(), cv2.getNumThreads()
    torch.set_num_threads(1)
    cv2.setNumThreads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads[0])
        cv2.setNumThreads(threads[1])


def timer() -> Callable[[], float]:
    """Return the clock: on one CPU thread processor time, which other work does not touch."""
    alone = get_device() == 'cpu' and torch.get_num_threads() == 1
    return time.process_time if alone else time.perf_counter


def synchronize() -> None:
    """Wait for the GPU, if there is one."""
    if torch.cuda.is_available():
        torch.cuda.synchronize()
