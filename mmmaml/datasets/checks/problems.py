"""Problems of a dataset, and their words."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

Severity = Literal['error', 'warning']


@dataclass(frozen=True)
class Problem:
    """One fault of one file or folder, at one or more places in it.

    Attributes:
        severity: ``'error'``: conversion, training or scores stop at it or would be wrong.
            ``'warning'``: they go on as ``message`` says.
        path: The file or folder.
        message: What was found, what was expected and what to do.
        lines: Lines of the file that it concerns, from 1, ascending.
        frames: Frames that it concerns, from 1, ascending.
    """

    severity: Severity
    path: Path
    message: str
    lines: tuple[int, ...] = ()
    frames: tuple[int, ...] = ()

    @property
    def count(self) -> int:
        """Number of lines or frames that it concerns; 1 if it is about the file as a whole."""
        return max(len(self.lines), len(self.frames), 1)

    def place(self, most: int | None = None) -> str:
        """Return its lines or frames in words, at most so many ranges of them."""
        if self.lines:
            return f'line {ranges(self.lines, most)}'
        return f'frame {ranges(self.frames, most)}' if self.frames else ''


def ranges(numbers: Iterable[int], most: int | None = None) -> str:
    """Return ascending numbers in words, neighbours put together.

    Args:
        numbers: Whole numbers, ascending.
        most: So many ranges are told, of the rest only that there is one; None tells all.

    Examples:
        >>> ranges([1, 2, 3, 7, 9, 10])
        '1-3, 7, 9-10'
        >>> ranges([1, 2, 3, 7, 9, 10], most=2)
        '1-3, 7, ...'
    """
    runs: list[list[int]] = []
    for number in numbers:
        if runs and number == runs[-1][1] + 1:
            runs[-1][1] = number
        elif most is not None and len(runs) == most:
            return ', '.join([*map(_run, runs), '...'])
        else:
            runs.append([number, number])
    return ', '.join(map(_run, runs))


def _run(run: list[int]) -> str:
    first, last = run
    return str(first) if first == last else f'{first}-{last}'
