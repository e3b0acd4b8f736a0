"""Rows of a file, with the lines they stand in."""

from pathlib import Path

import numpy as np

from ...utils.mot_files import read_text
from ...utils.row_text import parse_rows
from ..sequences import RowFile


def read_row_file(path: Path) -> tuple[np.ndarray, RowFile]:
    """Read a ground truth or result file as :func:`~mmmaml.utils.mot_files.read_rows` does.

    Returns:
        Rows (R, 9) float64, columns that the file lacks being −1, and their lines.

    Raises:
        FileNotFoundError: The file does not exist.
        ValueError: A row is malformed; the message names file and line.
    """
    if not path.is_file():
        raise FileNotFoundError(f'{path} does not exist')
    parsed = parse_rows(read_text(path))
    if parsed.faults:
        raise ValueError(f'{path}, {parsed.faults[0]}')
    return parsed.rows, RowFile(path, parsed.lines)
