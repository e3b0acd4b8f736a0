"""Outputs that would replace an input, refused before anything is read."""

import os
from collections.abc import Iterable
from pathlib import Path


def refuse_overwriting(outputs: Iterable[Path], inputs: Iterable[Path]) -> None:
    """Refuse outputs that are an input, or one another.

    Args:
        outputs: Files to be written.
        inputs: Files that are read; of a folder, all files in it and below.

    Raises:
        ValueError: The message names the output.
    """
    taken: dict[str, str] = {}
    for each in inputs:
        files = [each, *each.rglob('*')] if each.is_dir() else [each]
        taken |= dict.fromkeys(map(os.path.realpath, files), 'an input')
    for out in outputs:
        path = os.path.realpath(out)
        if path in taken:
            raise ValueError(f'{out} would replace {taken[path]}: name another file')
        taken[path] = 'another output'
