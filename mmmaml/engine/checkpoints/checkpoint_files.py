"""Checkpoints that any program can read, and the one of a folder to go on from."""

import re
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from mmengine.logging import HistoryBuffer, print_log
from mmengine.runner import find_latest_checkpoint

_PERIODIC = re.compile(r'(epoch|iter)_\d+\.pth')
_HISTORY = {'log_history', 'count_history', 'max_length'}


def to_plain(value: Any) -> Any:
    """Turn content into tensors, numbers, text, lists, tuples and dicts.

    That is what ``torch.load(weights_only=True)`` reads. MMEngine's histories of scalars become
    dicts of two tensors, which :func:`from_plain` turns back; arrays become lists and numpy's
    numbers Python's. Anything else is left as it is.
    """
    if isinstance(value, HistoryBuffer):
        logs, counts = value.data
        return {
            'log_history': torch.as_tensor(logs),
            'count_history': torch.as_tensor(counts),
            'max_length': value.max_length,
        }
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, np.ndarray):
        return to_plain(value.tolist())
    if isinstance(value, Mapping):
        return {to_plain(key): to_plain(item) for key, item in value.items()}
    if type(value) in (list, tuple):
        return type(value)(to_plain(item) for item in value)
    return value


def histories_from_plain(scalars: Mapping[str, Any]) -> dict[str, Any]:
    """Turn histories of :func:`to_plain` back into those of MMEngine's message hub.

    Args:
        scalars: By name; what is a history already, in an old checkpoint, stays as it is.
    """
    return {name: _history(value) for name, value in scalars.items()}


def _history(value: Any) -> Any:
    if not isinstance(value, Mapping) or set(value) != _HISTORY:
        return value
    # Copies, as a history is appended to: arrays that share a tensor's storage are not resizable.
    logs, counts = (value[k].cpu().numpy().copy() for k in ('log_history', 'count_history'))
    return HistoryBuffer(logs, counts, value['max_length'])


def newest_checkpoint(folder: str) -> str | None:
    """Find the checkpoint to go on from: the last one written, among those that are whole.

    Asked first is the file ``last_checkpoint``; if what it names is not there or damaged, the
    others of the folder, ``epoch_N.pth`` and ``iter_N.pth``, from the youngest on.

    Args:
        folder: Work folder of the run.

    Returns:
        Its path, None where there is none.
    """
    named = find_latest_checkpoint(folder)
    files = [path for path in Path(folder).glob('*.pth') if _PERIODIC.fullmatch(path.name)]
    files.sort(key=lambda path: path.stat().st_mtime, reverse=True)
    for path in dict.fromkeys([*([named] if named else []), *map(str, files)]):
        if '://' in path or is_whole(path):
            return path
        print_log(f'{path} is missing or damaged and is passed over', 'current', level=30)
    return None


def is_whole(path: str) -> bool:
    """Tell if a file that ``torch.save`` wrote is there to its last byte."""
    try:
        with zipfile.ZipFile(path) as archive:
            return archive.testzip() is None
    except (OSError, zipfile.BadZipFile):
        return False
