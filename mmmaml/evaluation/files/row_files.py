"""Rows of a file, with the lines they stand in."""

from pathlib import Path

import numpy as np

from ...utils.mot_files import parse_file
from ..sequences import RowFile


def read_row_file(path: Path) -> tuple[np.ndarray, RowFile]:
    """Read a ground truth or result file as :func:`~mmmaml.utils.mot_files.read_rows` does.

    Returns:
        Rows (R, 9) float64, columns that the file lacks being −1, and their lines.

    Raises:
        FileNotFoundError: The file does not exist.
        ValueError: A row is malformed; the message names file and line.
    """
    parsed = parse_file(path)
    return parsed.rows, RowFile(path, parsed.lines)
