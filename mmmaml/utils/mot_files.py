"""The files of the MOTChallenge layout: ``seqinfo.ini``, ``gt.txt``, ``det.txt``, results.

A sequence is a folder ``SEQ/{img1/000001.jpg ..., gt/gt.txt, det/det.txt, seqinfo.ini}``; the
number of digits of its frames is its own. Rows are ``frame, id, left, top, width, height, score,
class, visibility`` with frames from 1 and boxes in pixels of the image. See
https://motchallenge.net/instructions.
"""

import configparser
import logging
import math
import os
import re
from collections.abc import Collection
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath

import numpy as np
from mmengine.logging import print_log

from .files import write_text
from .frame_numbers import check_picture_numbers, frame_digits
from .frame_numbers import frame_number as frame_number
from .frame_numbers import is_number as is_number
from .row_text import NUM_COLUMNS as NUM_COLUMNS
from .row_text import ParsedRows, bad_rows, parse_rows, why_bad

FRAME, ID, LEFT, TOP, WIDTH, HEIGHT, SCORE, CLASS, VISIBILITY = range(9)
PEDESTRIAN = 1
LARGEST_STATED = 10**7
"""Of ``seqinfo.ini``: frames, 92 hours at 30 a second, and pixels."""
# Of ground truth, column CLASS; they count from 1.
CLASSES = (
    'pedestrian',
    'person_on_vehicle',
    'car',
    'bicycle',
    'motorbike',
    'non_mot_vehicle',
    'static_person',
    'distractor',
    'occluder',
    'occluder_on_ground',
    'occluder_full',
    'reflection',
    'crowd',
)


@dataclass(frozen=True)
class SequenceInfo:
    """Facts of a sequence, read from ``seqinfo.ini`` and checked against the images there.

    Attributes:
        name: Name of the sequence folder.
        root: The sequence folder.
        image_dir: Folder of the frames, relative to ``root``.
        image_ext: Suffix of the frames with its dot.
        frame_rate: Frames per second.
        num_frames: Frames that can be used: the images 1..n that are there, or what
            ``seqinfo.ini`` states if the sequence comes without images.
        width: Image width in pixels.
        height: Image height in pixels.
        digits: Least number of digits in the name of a frame, filled up with zeros; 6 in
            MOTChallenge, 8 in DanceTrack, 1 for names without zeros.
    """

    name: str
    root: Path
    image_dir: str
    image_ext: str
    frame_rate: float
    num_frames: int
    width: int
    height: int
    digits: int = 6

    def image_path(self, frame: int) -> Path:
        """Return the path of a frame, counted from 1."""
        return self.root / self.image_dir / f'{frame:0{self.digits}d}{self.image_ext}'


KEYS = ('frameRate', 'seqLength', 'imWidth', 'imHeight')
"""Of ``seqinfo.ini``, beside ``imDir`` and ``imExt``, which have defaults."""


def read_seqinfo(sequence_dir: str | os.PathLike, needed: Collection[str] = KEYS) -> SequenceInfo:
    """Read ``seqinfo.ini`` of a sequence, by key, and look at its images.

    If fewer images are there than the file states, the images decide; if more are there, the
    file does. A warning names the sequence and both numbers, and how many files are no frames.

    Args:
        sequence_dir: The sequence folder.
        needed: Keys that must be there; of others that are missing the value is 0, and the number
            of frames that of the images.

    Raises:
        FileNotFoundError: ``seqinfo.ini`` is missing, or images are missing between others.
        ValueError: A key is missing or has a value that cannot be, or frames differ in their
            number of digits, or their numbers do not begin at 1.
    """
    return _limit_to_images(read_stated_seqinfo(sequence_dir, needed))


def read_stated_seqinfo(
    sequence_dir: str | os.PathLike, needed: Collection[str] = KEYS
) -> SequenceInfo:
    """Return what ``seqinfo.ini`` states, by key, whichever images are there.

    Args:
        sequence_dir: The sequence folder.
        needed: Keys that must be there; of others that are missing the value is 0.

    Raises:
        FileNotFoundError: ``seqinfo.ini`` is missing.
        ValueError: A key is missing or has a value that cannot be.
    """
    root = Path(sequence_dir)
    path = root / 'seqinfo.ini'
    if not path.is_file():
        raise FileNotFoundError(
            f'{path} is missing: a MOTChallenge sequence needs it (keys imDir, frameRate, '
            'seqLength, imWidth, imHeight, imExt in a section [Sequence])'
        )
    parser = configparser.ConfigParser(interpolation=None)
    try:
        parser.read_string(read_text(path))
        section = parser['Sequence']
    except (configparser.Error, KeyError) as error:
        raise ValueError(f'{path} has no readable section [Sequence]: {error}') from error

    def positive(key: str) -> float:
        if key not in section:
            if key in needed:
                raise ValueError(f'{path} has no key {key!r} in [Sequence]')
            return 0.0
        try:
            whole, _, part = section[key].partition('/')  # 30000/1001
            value = float(whole) / float(part or 1)
        except (ValueError, ZeroDivisionError):
            raise ValueError(f'{path}: {key}={section[key]!r} is not a number') from None
        if not 0 < value < math.inf:
            raise ValueError(f'{path}: {key}={section[key]} must be greater than 0')
        return value

    def whole(key: str) -> int:
        value = positive(key)
        if value != int(value) or value > LARGEST_STATED:
            raise ValueError(
                f'{path}: {key}={section[key]} must be a whole number, at most {LARGEST_STATED}'
            )
        return int(value)

    image_dir, image_ext = section.get('imDir', 'img1'), section.get('imExt', '.jpg')
    folder = PurePosixPath(image_dir)
    if folder.is_absolute() or '..' in folder.parts or not image_dir.isprintable():
        raise ValueError(f'{path}: imDir={image_dir!r} must be a folder inside the sequence')
    if not re.fullmatch(r'\.\w+', image_ext):
        raise ValueError(f'{path}: imExt={image_ext!r} must be a suffix with its dot, as .jpg')
    return SequenceInfo(
        name=root.name,
        root=root,
        image_dir=image_dir,
        image_ext=image_ext,
        frame_rate=positive('frameRate'),
        num_frames=whole('seqLength'),
        width=whole('imWidth'),
        height=whole('imHeight'),
    )


def _limit_to_images(info: SequenceInfo) -> SequenceInfo:
    folder = info.root / info.image_dir
    if not folder.is_dir():
        return info
    files = [path for path in folder.iterdir() if not path.name.startswith('.')]
    paths = [p for p in files if p.suffix == info.image_ext and is_number(p.stem)]
    if len(paths) < len(files):
        _warn(
            f'{info.name}: {len(files) - len(paths)} of {len(files)} files in {folder} are not '
            f'used: a frame is named by its number and {info.image_ext}, as imExt says'
        )
    info = replace(info, digits=frame_digits(paths, info.digits))
    frames = {int(p.stem) for p in paths}
    info = replace(info, num_frames=info.num_frames or len(frames))
    check_picture_numbers(paths, info.num_frames)
    available = sum(frame <= info.num_frames for frame in frames)
    missing = set(range(1, available + 1)) - frames
    if available == 0 or missing:
        first = min(missing, default=1)
        raise FileNotFoundError(
            f'{info.image_path(first)} is missing: frames of a sequence are numbered from 1 '
            f'without gaps ({available} of {info.num_frames} found in {folder})'
        )
    if available < info.num_frames:
        _warn(
            f'{info.name}: seqinfo.ini states {info.num_frames} frames, {available} images are '
            f'there; using frames 1 to {available}'
        )
    elif available < len(frames):
        _warn(
            f'{info.name}: seqinfo.ini states {info.num_frames} frames, {len(frames)} images are '
            f'there; {len(frames) - available} after frame {available} are not used (raise '
            'seqLength to use them)'
        )
    return replace(info, num_frames=available)


def _warn(message: str) -> None:
    print_log(message, logger='current', level=logging.WARNING)


def find_sequences(folder: str | os.PathLike) -> list[Path]:
    """Return the sequence folders directly under ``folder``, sorted by name.

    Folders without ``seqinfo.ini`` are left out with a warning that names them.

    Raises:
        FileNotFoundError: ``folder`` does not exist or holds no folder with a ``seqinfo.ini``.
    """
    folder = Path(folder)
    sequences = sorted(p.parent for p in folder.glob('*/seqinfo.ini'))
    if not sequences:
        raise FileNotFoundError(
            f'{folder} holds no MOTChallenge sequence (a folder with a seqinfo.ini)'
        )
    others = {path.name for path in folder.iterdir() if path.is_dir() and path.name[0] != '.'}
    if left := sorted(others - {path.name for path in sequences}):
        _warn(
            f'{folder}: {len(left)} folders without seqinfo.ini are left out: '
            f'{", ".join(left[:3])}{", ..." if left[3:] else ""}'
        )
    return sequences


def read_rows(path: str | os.PathLike) -> np.ndarray:
    """Read a ground truth, detection or result file.

    Args:
        path: Comma or white-space separated file of 6 to 10 columns; see the module.

    Returns:
        Rows (R, 9) float64 in the order of the file. Columns that the file lacks are −1; of a
        tenth column nothing is kept (:func:`~mmmaml.utils.mot_truth.read_truth` looks at it).

    Raises:
        FileNotFoundError: The file does not exist.
        ValueError: A row is malformed; the message names file and line.
    """
    return parse_file(path).rows


def parse_file(path: str | os.PathLike) -> ParsedRows:
    """Parse the rows of a file of 6 to 10 columns, none of which may be malformed.

    Raises:
        FileNotFoundError: The file does not exist.
        ValueError: It is no text, or a row is malformed; the message names file and line.
    """
    path = Path(path)
    if not path.is_file():
        raise FileNotFoundError(f'{path} does not exist')
    text = read_text(path)
    if '\0' in text:
        line = len(text[: text.index('\0') + 1].splitlines())
        raise ValueError(f'{path}, line {line}: a zero byte, so this is no text in UTF-8')
    parsed = parse_rows(text)
    if parsed.faults:
        raise ValueError(f'{path}, {parsed.faults[0]}')
    return parsed


def read_text(path: Path) -> str:
    """Return the text of a file, without a byte order mark; what is no UTF-8 becomes �."""
    return path.read_text(encoding='utf-8-sig', errors='replace')


def repeated_pairs(pairs: np.ndarray) -> np.ndarray:
    """Return (R,) bool, rows (R, 2) that were there before."""
    order = np.lexsort(pairs.T)
    same = (pairs[order[1:]] == pairs[order[:-1]]).all(1)
    repeated = np.zeros(len(pairs), dtype=bool)
    repeated[order[1:][same]] = True
    return repeated


def write_results(path: str | os.PathLike, rows: np.ndarray) -> None:
    """Write tracks in the format of the MOTChallenge server, whole or not at all.

    Args:
        path: ``SEQ.txt``.
        rows: (R, >= 7) ``frame, id, left, top, width, height, score``.

    Raises:
        ValueError: A row is not what :func:`read_rows` would take back; nothing is written.
    """
    if rows.ndim != 2 or rows.shape[1] <= SCORE:
        raise ValueError(f'{path}: rows have shape {rows.shape}, expected (R, >= {SCORE + 1})')
    values = np.asarray(rows[:, : SCORE + 1], np.float64)
    bad = bad_rows(values)
    if bad.any():
        row = int(bad.argmax())
        raise ValueError(
            f'{path} is not written: row {row} of {len(rows)}, {values[row].tolist()}, '
            f'{why_bad(values[row])}'
        )
    lines = [
        f'{int(r[FRAME])},{int(r[ID])},{r[LEFT]:.3f},{r[TOP]:.3f},{r[WIDTH]:.3f},'
        f'{r[HEIGHT]:.3f},{r[SCORE]:.4f},-1,-1,-1\n'
        for r in rows
    ]
    write_text(path, ''.join(lines))
