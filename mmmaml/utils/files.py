"""Files that are written whole or not at all, and the order of their names."""

import os
import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def atomic_path(path: str | os.PathLike) -> Iterator[Path]:
    """Yield a temporary path beside ``path`` that replaces it when the block succeeds.

    The temporary name keeps the suffix of ``path``, because writers such as OpenCV choose the
    format by it. When the block raises, ``path`` is left as it was.

    Args:
        path: The file to be written. Missing parent folders are made.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix='.', suffix=path.suffix)
    os.close(handle)
    temporary = Path(name)
    try:
        yield temporary
        umask = os.umask(0)
        os.umask(umask)
        temporary.chmod(0o666 & ~umask)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def write_text(path: str | os.PathLike, text: str) -> None:
    """Write ``text`` to ``path``, whole or not at all."""
    with atomic_path(path) as temporary:
        temporary.write_text(text, encoding='utf-8')


def natural_key(name: str) -> list[tuple[int, str]]:
    """Return a sort key by which ``frame9`` comes before ``frame10``, in either case."""
    parts = re.split(r'([0-9]+)', name.lower())
    return [(int(part), '') if part.isdecimal() else (-1, part) for part in parts]
