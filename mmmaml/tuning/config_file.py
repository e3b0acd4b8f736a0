"""The config that a search writes."""

import copy
import os
import textwrap
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from mmengine.config import Config

from mmmaml.utils.files import write_text

from .search_space import SearchSpace, Values

WIDTH = 97
"""Characters of a line of the head comment."""


def tracker_changes(space: SearchSpace, values: Values) -> dict[str, Any]:
    """Return what a config must say of its tracker for these values, nested as there.

    Stages that are not named do not run, so all are named if the config has none yet.
    """
    options = space.options(values)
    found: dict[str, Any] = {}
    for name in space.changes(values):
        group = name.partition('.')[0]
        new = options[group]
        if isinstance(new, dict):
            new = copy.deepcopy(new)
            if group in space.tracker and space.tracker[group] is None:
                new['_delete_'] = True  # a config merges no dict into None
        found[group] = new
    return found


def write_config(
    path: Path,
    space: SearchSpace,
    values: Values,
    comment: Sequence[str],
    base: Path | None = None,
    whole: Mapping[str, Any] | None = None,
) -> None:
    """Write a config with the values of the tracker.

    Args:
        path: The file, ``.py``.
        space: Searched options.
        values: Their values.
        comment: Sentences of the head comment.
        base: Config of the tracker searched; the new one is based on it.
        whole: A whole config with that tracker, in place of a base. None of both: the options
            alone, to be put into a config.
    """
    changes = tracker_changes(space, values)
    parts: dict[str, Any] = {}
    if base is not None:
        parts['_base_'] = Path(os.path.relpath(base, path.parent)).as_posix()
    if whole is not None:
        parts |= copy.deepcopy(dict(whole))
        parts['model']['tracker'].update(changes)
    elif changes:
        parts['model'] = {'tracker': changes}
    wrapped = (line for each in comment for line in textwrap.wrap(each, WIDTH))
    head = ''.join(f'# {line}\n' for line in wrapped)
    lines = ''.join(f'{name} = {_text(value)}\n' for name, value in parts.items())
    write_text(path, head + lines)


def _text(value: Any) -> str:
    """Return the text of a value, dicts as OpenMMLab's configs have them."""
    if not isinstance(value, dict):
        return repr(value)
    text = Config({'value': value}).pretty_text
    return text.removeprefix('value = ').rstrip()
