"""Configs by path, or by the name of those that come with the project."""

import difflib
import os
from pathlib import Path

PACKAGE = Path(__file__).resolve().parent


def config_folder() -> Path | None:
    """Return the folder of the project's configs, in a clone or in an installed package.

    None if there is neither: the package was installed without them.
    """
    for folder in (PACKAGE.parent / 'configs', PACKAGE / '.mim' / 'configs'):
        if (folder / '_base_').is_dir():
            return folder
    return None


def find_config(config: str | os.PathLike) -> Path:
    """Find a config.

    Args:
        config: Path of a file; or of one that comes with the project its name
            (``maml-mot_r18_demo``) or its path from ``configs`` on
            (``configs/demo/maml-mot_r18_demo.py``). A file goes first.

    Raises:
        FileNotFoundError: There is no such config; similar names are given.
    """
    if Path(config).is_file():
        return Path(config)
    ours = _configs()
    name = Path(f'{str(config).removesuffix(".py")}.py')
    wanted = name.parts[1:] if name.parts[0] == 'configs' else name.parts
    found = [path for path in ours if path.parts[-len(wanted) :] == wanted]
    if len(found) == 1:
        return found[0]
    close = difflib.get_close_matches(name.stem, [path.stem for path in ours], 3)
    hint = f'; of ours there is {", ".join(close)}' if close else ''
    raise FileNotFoundError(f'config {config} does not exist{hint}')


def _configs() -> list[Path]:
    """Return the project's configs, without the parts that they are made of."""
    folder = config_folder()
    paths = [] if folder is None else sorted(folder.glob('*/*.py'))
    return [path for path in paths if path.parent.name != '_base_']
