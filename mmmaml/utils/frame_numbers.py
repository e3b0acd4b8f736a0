"""Numbers of frames, one rule for pictures, rows and results.

Frame k is the k-th picture, from 1: in ground truth, detections and results alike. In a sequence
with ``seqinfo.ini`` the names of the pictures must be these numbers. Elsewhere pictures may be
named from any number on; rows count them from 1 all the same.
"""

import os
import re
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np


def is_number(name: str) -> bool:
    """Return True if the name of a file, without its suffix, is the number of a frame."""
    return name.isascii() and name.isdigit()


def frame_number(path: Path) -> int:
    """Return the number of a frame, the name of its file whatever the number of digits.

    Raises:
        ValueError: The name is something else.
    """
    if not is_number(path.stem):
        raise ValueError(f'{path}: the name of a frame must be its number, such as 000001.jpg')
    return int(path.stem)


def frame_digits(paths: Sequence[Path], default: int) -> int:
    """Return the width to which the names of frames are filled up with zeros.

    Args:
        paths: Frames of one sequence, whose names are numbers.
        default: The width if there is none.

    Raises:
        ValueError: They differ in it; the message names two of them.
    """
    shortest = min(paths, key=lambda path: (len(path.stem), path.stem), default=None)
    if shortest is None:
        return default
    digits = len(shortest.stem)
    for path in paths:
        if path.stem != f'{int(path.stem):0{digits}d}':
            raise ValueError(
                f'{shortest.parent} holds both {shortest.name} and {path.name}: the names of all '
                'frames of a sequence must have the same number of digits; rename or remove one '
                'kind'
            )
    return digits


def frame_offset(paths: Iterable[str | os.PathLike]) -> int | None:
    """Return how far the numbers in the names of pictures are ahead of the numbers of frames.

    Args:
        paths: All pictures of a video, in any order. The last digits of a name are its number.

    Returns:
        0 for ``000001.jpg`` ..., 100 for ``000101.jpg`` ..., −1 for ``frame_000000.PNG`` ...;
        None if a name has no digits, or the numbers have gaps or repeat.
    """
    found = [re.search(r'(\d+)\D*$', Path(path).stem, re.ASCII) for path in paths]
    numbers = sorted(int(match[1]) for match in found if match)
    if not numbers or len(numbers) < len(found):
        return None
    first = numbers[0]
    return first - 1 if numbers == list(range(first, first + len(numbers))) else None


def check_frame_numbers(
    frames: np.ndarray, num_frames: int, source: str | os.PathLike, offset: int | None = 0
) -> str:
    """Refuse rows that cannot be meant for these pictures, and count those of no picture.

    Args:
        frames: (R,) frame of each row, from 1.
        num_frames: Number of pictures.
        source: File of the rows, for the message.
        offset: :func:`frame_offset` of the pictures.

    Returns:
        A sentence about the rows after the last picture; '' if there are none.

    Raises:
        ValueError: No row is of a picture, or rows seem to count as the names of the pictures do
            and not from 1. The message says by how much they are off.
    """
    if not len(frames):
        return ''
    first, last = int(np.min(frames)), int(np.max(frames))
    by_name = offset is not None and offset > 0 and first > offset
    if first > num_frames or by_name:
        names = f', whose names count from {offset + 1}' if by_name and offset else ''
        off = offset if by_name else first - 1
        raise ValueError(
            f'{source}: rows are of frames {first} to {last}, but frame 1 is the first of the '
            f'{num_frames} pictures{names}: the rows are off by {off}. Subtract {off} from their '
            'first column, or give the pictures that they belong to'
        )
    late = int(np.count_nonzero(np.asarray(frames) > num_frames))
    if not late:
        return ''
    return (
        f'{source}: {late} of {len(frames)} rows are of frames after the last picture '
        f'({num_frames}) and not used'
    )


def check_picture_numbers(paths: Sequence[Path], stated: int = 0) -> None:
    """Refuse pictures of a sequence with ``seqinfo.ini`` that are not numbered from 1.

    Args:
        paths: All pictures of the sequence, whose names are numbers.
        stated: Frames that ``seqinfo.ini`` states. Pictures up to there are not off: those
            before them are missing, which is for others to say.

    Raises:
        ValueError: Their numbers begin elsewhere; the message says by how much they are off.
    """
    if not paths:
        return
    first = min(paths, key=frame_number)
    offset = frame_number(first) - 1
    if offset < 0:
        raise ValueError(
            f'{first} is frame 0, but frames are numbered from 1: the names are off by 1. Rename '
            'all pictures to one more, or remove this one if the rows do not count it'
        )
    if frame_offset(paths) == offset > 0 and offset + len(paths) > stated:
        raise ValueError(
            f'{first} is the first picture, but frames are numbered from 1: the names are off by '
            f'{offset}. Rename all pictures to {offset} less'
        )
