"""One training at a time in a work folder."""

import fcntl
import json
import logging
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from io import TextIOWrapper
from pathlib import Path

from mmengine.dist import broadcast_object_list, is_main_process
from mmengine.logging import print_log

LOCK_NAME = '.training.lock'


@contextmanager
def sole_training(folder: str | os.PathLike) -> Iterator[None]:
    """Hold a work folder for one training, whose processes may be many.

    The first process holds a lock of the operating system, which ends with it, however it ends:
    a folder whose training was killed is free at once. The file tells others who has it.

    Args:
        folder: Work folder; made if it is not there.

    Raises:
        BlockingIOError: Another training has the folder; on all ranks.
    """
    refusal, lock = [''], None
    if is_main_process():
        try:
            lock = _acquire(Path(folder) / LOCK_NAME)
        except BlockingIOError as error:
            refusal[0] = str(error)
    broadcast_object_list(refusal)
    if refusal[0]:
        raise BlockingIOError(refusal[0])
    try:
        yield
    finally:
        if lock is not None:
            (Path(folder) / LOCK_NAME).unlink(missing_ok=True)
            lock.close()


def _acquire(path: Path) -> TextIOWrapper | None:
    """Return the locked file, None on a file system without locks."""
    path.parent.mkdir(parents=True, exist_ok=True)
    while True:
        # Not by `with`: the lock ends when the file is closed.
        file = path.open('a+', encoding='utf-8')
        try:
            # Of the process, not of the open file: workers that are forked do not inherit it.
            fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except (BlockingIOError, PermissionError) as error:
            owner = _owner(file)
            file.close()
            raise BlockingIOError(
                f'{path.parent} is in use by another training ({owner}), and each would write '
                'over the checkpoints of the other: wait for its end, or train in another folder '
                'by --work-dir'
            ) from error
        except OSError as error:
            print_log(
                f'{path.parent} cannot be locked ({error}): take care that no other training '
                'uses it',
                logger='current',
                level=logging.WARNING,
            )
            file.close()
            return None
        if _is_at(file, path):
            _sign(file)
            return file
        file.close()  # the training before removed it as it ended


def _is_at(file: TextIOWrapper, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(file.fileno()), path.stat())
    except FileNotFoundError:
        return False


def _sign(file: TextIOWrapper) -> None:
    since = datetime.now().strftime('%Y-%m-%d %H:%M:%S')
    file.truncate(0)
    json.dump({'pid': os.getpid(), 'host': socket.gethostname(), 'since': since}, file)
    file.flush()


def _owner(file: TextIOWrapper) -> str:
    file.seek(0)
    try:
        owner = json.load(file)
        return f'process {owner["pid"]} on {owner["host"]}, since {owner["since"]}'
    except (ValueError, KeyError):  # not signed yet
        return 'which begins right now'
