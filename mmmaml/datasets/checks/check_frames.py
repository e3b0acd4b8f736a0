"""Problems of ``seqinfo.ini`` and of the frames."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

from PIL import Image

from ...utils.frame_numbers import check_picture_numbers, frame_digits, is_number
from ...utils.images import read_frame
from ...utils.mot_files import SequenceInfo
from .problems import Problem

Advance = Callable[[], None]


def check_unstated_frames(folder: Path) -> list[Problem]:
    """Check the numbers of the frames of a sequence that has no ``seqinfo.ini``."""
    if not folder.is_dir():
        return []
    paths = [path for path in folder.iterdir() if is_number(path.stem) and path.suffix]
    try:
        check_picture_numbers(paths)
    except ValueError as error:
        return [Problem('error', folder, str(error).removeprefix(f'{folder}/'))]
    return []


def find_frames(info: SequenceInfo) -> tuple[SequenceInfo, dict[int, Path], list[Problem]]:
    """Compare the images of a sequence with what its ``seqinfo.ini`` states.

    Args:
        info: As stated.

    Returns:
        ``info`` with the number of frames that can be used and their digits; number to path of
        the frames that are there, of those stated; problems.
    """
    folder = info.root / info.image_dir
    if not folder.is_dir():
        return info, {}, [Problem('error', folder, 'is missing: it should hold the frames')]
    files = sorted(path for path in folder.iterdir() if not path.name.startswith('.'))
    named = [p for p in files if p.suffix == info.image_ext and is_number(p.stem)]
    problems = list(_other_files(folder, set(files) - set(named), info.image_ext))
    try:
        info = replace(info, digits=frame_digits(named, info.digits))
    except ValueError as error:
        # The converter would not know which of two names is meant.
        problems.append(Problem('error', folder, str(error).removeprefix(f'{folder} ')))
    frames = {int(path.stem): path for path in named}
    stated = {n: frames[n] for n in sorted(frames) if 1 <= n <= info.num_frames}
    problems += _numbers(folder, info, frames, stated)
    return replace(info, num_frames=max(stated, default=info.num_frames)), stated, problems


def check_frames(
    info: SequenceInfo, frames: dict[int, Path], fast: bool, advance: Advance
) -> list[Problem]:
    """Read every frame, or its header only.

    Args:
        info: The sequence, for the size its frames should have.
        frames: Number to path.
        fast: Read headers only: does not find files that are cut off.
        advance: Called after each frame.
    """
    unreadable, sizes = [], defaultdict(list)
    for number, path in frames.items():
        size = _size(path, fast)
        if size is None:
            unreadable.append(number)
        elif size != (info.width, info.height):
            sizes[size].append(number)
        advance()
    folder = info.root / info.image_dir
    problems = [
        Problem(
            'error',
            folder,
            f'frames of {width}x{height} pixels, seqinfo.ini states {info.width}x{info.height}',
            frames=tuple(numbers),
        )
        for (width, height), numbers in sizes.items()
    ]
    if unreadable:
        message = f'frames that are cut off or no image, first {frames[unreadable[0]].name}: copy '
        message += 'or unpack them again'
        problems.append(Problem('error', folder, message, frames=tuple(unreadable)))
    return problems


def _size(path: Path, fast: bool) -> tuple[int, int] | None:
    """Return width and height in pixels; None if the file cannot be read."""
    try:
        if fast:
            with Image.open(path) as image:
                return image.size
        height, width = read_frame(str(path)).shape[:2]
        return width, height
    except (OSError, ValueError, Image.DecompressionBombError):
        return None


def _other_files(folder: Path, others: set[Path], suffix: str) -> Iterator[Problem]:
    if others:
        kinds = Counter(path.suffix or 'no suffix' for path in others)
        yield Problem(
            'warning',
            folder,
            f'{len(others)} files are no frames (a number and {suffix}, as imExt says) and not '
            f'read: {", ".join(f"{count} of {kind}" for kind, count in sorted(kinds.items()))}, '
            f'first {min(others).name}',
        )


def _numbers(
    folder: Path, info: SequenceInfo, frames: dict[int, Path], stated: dict[int, Path]
) -> Iterator[Problem]:
    last = max(stated, default=0)
    try:
        check_picture_numbers(list(frames.values()), info.num_frames)
    except ValueError as error:
        yield Problem('error', folder, str(error).removeprefix(f'{folder}/'))
        return
    missing = tuple(sorted(set(range(1, last + 1)) - stated.keys()))
    if not stated:
        yield Problem(
            'error', folder, f'holds no frame such as {info.image_path(1).name} (imExt, seqLength)'
        )
    elif missing:
        message = f'missing frames, first {info.image_path(missing[0]).name}: frames are numbered '
        message += 'from 1 without gaps'
        yield Problem('error', folder, message, frames=missing)
    path = info.root / 'seqinfo.ini'
    if stated and last < info.num_frames:
        message = f'states {info.num_frames} frames, images are there up to {last}: those are used'
        yield Problem('warning', path, message)
    if late := tuple(sorted(number for number in frames if number > info.num_frames)):
        message = f'states {info.num_frames} frames, images are there up to {late[-1]}: those '
        message += 'after it are not used; raise seqLength to use them'
        yield Problem('warning', path, message, frames=late)
