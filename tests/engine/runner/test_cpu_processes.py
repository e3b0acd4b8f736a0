"""Processes of one group: what is left of them when a run has ended."""

import os
import socket
import sys
from pathlib import Path

import pytest
import torch
from mmengine.config import Config
from torch import nn

from mmmaml.engine import join_cpu_processes, leave_processes

_THREADS = Path('/proc/self/task')


@pytest.fixture
def one_process(monkeypatch):
    """Variables that a launcher sets for a group of one process."""
    with socket.socket() as free:
        free.bind(('127.0.0.1', 0))
        port = free.getsockname()[1]
    for name, value in {
        **{'RANK': 0, 'LOCAL_RANK': 0, 'WORLD_SIZE': 1},
        **{'MASTER_ADDR': '127.0.0.1', 'MASTER_PORT': port},
    }.items():
        monkeypatch.setenv(name, str(value))
    yield
    if torch.distributed.is_initialized():
        torch.distributed.destroy_process_group()


def gloo_threads() -> list[str]:
    names = ((_THREADS / thread / 'comm').read_text().strip() for thread in os.listdir(_THREADS))
    return [name for name in names if 'gloo' in name]


@pytest.mark.skipif(not sys.platform.startswith('linux'), reason='reads /proc')
def test_no_thread_of_the_group_outlives_it(one_process):
    def train():
        model = nn.parallel.DistributedDataParallel(nn.Linear(2, 1))
        model.runner = {'model': model}  # a Runner and its hooks know each other
        model(torch.ones(1, 2)).sum().backward()

    assert not gloo_threads()
    join_cpu_processes(Config({'launcher': 'pytorch'}))
    train()
    assert gloo_threads()
    leave_processes()
    assert not gloo_threads()
    assert not torch.distributed.is_initialized()


def test_a_process_alone_has_no_group_to_leave():
    leave_processes()
    assert not torch.distributed.is_initialized()
