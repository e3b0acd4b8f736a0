"""Functions in processes of their own, which may form a group of ranks, or be killed."""

import multiprocessing
import os
import pickle
import signal
import socket
import tempfile
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch

from mmmaml.engine import leave_processes

KILLED = -signal.SIGKILL
_CONTEXT = multiprocessing.get_context('fork')  # imports are there already


def in_ranks(function: Callable[..., Any], ranks: int, *arguments: Any) -> list[Any]:
    """Call a function in so many processes that can join a group as torchrun's do.

    Args:
        function: Finds the variables of the ``'pytorch'`` launcher in its environment.
        ranks: Number of processes.
        arguments: Of the function.

    Returns:
        Its results, by rank.

    Raises:
        RuntimeError: A process failed; the message is its traceback.
    """
    with tempfile.TemporaryDirectory() as folder:
        port = _free_port()
        paths = [Path(folder) / str(rank) for rank in range(ranks)]
        processes = [
            _CONTEXT.Process(target=_rank, args=(rank, ranks, port, path, function, arguments))
            for rank, path in enumerate(paths)
        ]
        for process in processes:
            process.start()
        for process in processes:
            process.join()
        results = [pickle.loads(path.read_bytes()) if path.exists() else None for path in paths]
    errors = [result for result in results if not result or 'error' in result]
    if errors:
        raise RuntimeError(errors[0]['error'] if errors[0] else 'a process was killed')
    return [result['value'] for result in results]


def exit_code(function: Callable[..., Any], *arguments: Any) -> int:
    """Call a function in a process of its own, which may be killed; return its exit code."""
    process = _CONTEXT.Process(target=_quiet, args=(function, arguments))
    process.start()
    process.join()
    assert process.exitcode is not None
    return process.exitcode


def kill_this_process() -> None:
    """End as by ``kill -9``: nothing is flushed, closed or cleaned up."""
    os.kill(os.getpid(), signal.SIGKILL)


def _rank(
    rank: int, ranks: int, port: int, path: Path, function: Callable[..., Any], arguments: tuple
) -> None:
    variables = {'RANK': rank, 'LOCAL_RANK': rank, 'WORLD_SIZE': ranks, 'MASTER_PORT': port}
    os.environ.update({name: str(value) for name, value in variables.items()})
    os.environ['MASTER_ADDR'] = '127.0.0.1'
    try:
        result = {'value': _quiet(function, arguments)}
    except BaseException:
        result = {'error': traceback.format_exc()}
    path.write_bytes(pickle.dumps(result))
    if 'error' in result:
        os._exit(1)  # the others wait for this rank: their connections have to break
    leave_processes()


def _quiet(function: Callable[..., Any], arguments: tuple) -> Any:
    torch.set_num_threads(1)
    with Path(os.devnull).open('w') as nowhere:
        os.dup2(nowhere.fileno(), 1)
        return function(*arguments)


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(('127.0.0.1', 0))
        return free.getsockname()[1]
