"""Checks of the files that a program is about to write, and of its folder."""

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

PathLike = str | os.PathLike


def refuse_overwriting(
    outputs: Iterable[PathLike | None], inputs: Iterable[PathLike | None]
) -> None:
    """Refuse outputs that would replace an input or each other.

    Call it before anything is computed. Two names of one file are one file: relative and
    absolute paths, links of both kinds, and upper and lower case if the file system takes them
    for the same.

    Args:
        outputs: Files to be written, or folders to be filled; None stands for one not asked for.
        inputs: Files and folders that are read; None, what does not exist, and addresses such as
            ``https://`` count for nothing. A folder stands for itself, not for its files: list
            those that are read.

    Raises:
        ValueError: An output is an input, or two outputs are one file; the message names both.
    """
    read = {key: path for path in inputs if path is not None for key in _keys(path)}
    written: dict[object, PathLike] = {}
    for output in outputs:
        if output is None:
            continue
        keys = _keys(output) | {_place(output)}
        for key in keys:
            if key in read:
                raise ValueError(
                    f'{os.fspath(output)} would be written over {_other(read[key], output)}, '
                    'which is read: name another file or folder for what is written'
                )
            if key in written:
                raise ValueError(
                    f'{os.fspath(output)} would be written over {_other(written[key], output)}, '
                    'which is written, too: give each output a name of its own'
                )
        written.update(dict.fromkeys(keys, output))


def refuse_unwritable(outputs: Iterable[PathLike | None]) -> None:
    """Refuse files that cannot be written, before anything is computed for them.

    Args:
        outputs: Files to be written, in folders that may be missing yet; None stands for one not
            asked for.

    Raises:
        OSError: One is a folder, a file stands in the place of its folder, or the folder may not
            be written to.
    """
    for output in outputs:
        if output is None:
            continue
        path = Path(os.path.abspath(output))
        if path.is_dir():
            raise IsADirectoryError(f'{output} is a folder: name a file to be written')
        there = next(parent for parent in path.parents if os.path.lexists(parent))
        if not there.is_dir():
            raise NotADirectoryError(
                f'{output} cannot be written: {there} is no folder; name another'
            )
        if not os.access(there, os.W_OK | os.X_OK):
            raise PermissionError(
                f'{output} cannot be written: you may not write to {there}; name another folder'
            )


@contextmanager
def sole_run(folder: PathLike, option: str) -> Iterator[None]:
    """Keep a folder to this run as long as the block lasts.

    A run that is killed frees its folder, too. The file ``.lock`` stays.

    Args:
        folder: Work folder; it is made if it is missing.
        option: Option that names another one, for the message.

    Raises:
        ValueError: Another run is at work in it.
    """
    from filelock import FileLock, Timeout

    Path(folder).mkdir(parents=True, exist_ok=True)
    lock = FileLock(Path(folder) / '.lock', timeout=0)
    try:
        lock.acquire()
    except Timeout:
        raise ValueError(
            f'another run is at work in {os.fspath(folder)}: wait for its end, or give another '
            f'{option}'
        ) from None
    try:
        yield
    finally:
        lock.release()


def _keys(path: PathLike) -> set[object]:
    """Device and number of a file, which all its names share; nothing of one that is not there."""
    try:
        status = os.stat(path)
    except (OSError, ValueError):
        return set()
    return {(status.st_dev, status.st_ino)}


def _place(path: PathLike) -> str:
    """Absolute path without links, of a file that may not be there yet."""
    return os.path.normcase(os.path.realpath(path))


def _other(path: PathLike, output: PathLike) -> str:
    """Name of a file; the same name twice says nothing."""
    return 'itself' if os.fspath(path) == os.fspath(output) else os.fspath(path)
