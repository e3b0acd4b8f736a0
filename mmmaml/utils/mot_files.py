"""The files of the MOTChallenge layout: ``seqinfo.ini``, ``gt.txt``, ``det.txt``, results.

A sequence is a folder ``SEQ/{img1/000001.jpg ..., gt/gt.txt, det/det.txt, seqinfo.ini}``; the
number of digits of its frames is its own. Rows are ``frame, id, left, top, width, height, score,
class, visibility`` with frames from 1 and boxes in pixels of the image. See
https://motchallenge.net/instructions.
"""

import configparser
import os
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NoReturn

import numpy as np
from mmengine.logging import print_log

from .files import write_text

FRAME, ID, LEFT, TOP, WIDTH, HEIGHT, SCORE, CLASS, VISIBILITY = range(9)
NUM_COLUMNS = 9
PEDESTRIAN = 1
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
    """What a sequence is, read from ``seqinfo.ini`` and checked against the images there.

    Attributes:
        name: Name of the sequence folder.
        root: The sequence folder.
        image_dir: Folder of the frames, relative to ``root``.
        image_ext: Suffix of the frames with its dot.
        frame_rate: Frames per second.
        num_frames: Frames that can be used: the images 1..n that are there, or what
            ``seqinfo.ini`` states where the sequence comes without images.
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
        """Path of a frame, counted from 1."""
        return self.root / self.image_dir / f'{frame:0{self.digits}d}{self.image_ext}'


def read_seqinfo(sequence_dir: str | os.PathLike) -> SequenceInfo:
    """Read ``seqinfo.ini`` of a sequence, by key.

    Where fewer images are there than the file states, the images decide and a warning names the
    sequence and both numbers.

    Args:
        sequence_dir: The sequence folder.

    Raises:
        FileNotFoundError: ``seqinfo.ini`` is missing, or images are missing between others.
        ValueError: A key is missing or not a positive number, or frames differ in their number
            of digits.
    """
    root = Path(sequence_dir)
    path = root / 'seqinfo.ini'
    if not path.is_file():
        raise FileNotFoundError(
            f'{path} is missing: a MOTChallenge sequence needs it (keys imDir, frameRate, '
            'seqLength, imWidth, imHeight, imExt in a section [Sequence])'
        )
    parser = configparser.ConfigParser()
    try:
        parser.read_string(path.read_text(encoding='utf-8'))
        section = parser['Sequence']
    except (configparser.Error, KeyError) as error:
        raise ValueError(f'{path} has no readable section [Sequence]: {error}') from error

    def positive(key: str) -> float:
        try:
            value = float(section[key])
        except KeyError:
            raise ValueError(f'{path} has no key {key!r} in [Sequence]') from None
        except ValueError:
            raise ValueError(f'{path}: {key}={section[key]!r} is not a number') from None
        if not value > 0:
            raise ValueError(f'{path}: {key}={section[key]} must be greater than 0')
        return value

    info = SequenceInfo(
        name=root.name,
        root=root,
        image_dir=section.get('imDir', 'img1'),
        image_ext=section.get('imExt', '.jpg'),
        frame_rate=positive('frameRate'),
        num_frames=int(positive('seqLength')),
        width=int(positive('imWidth')),
        height=int(positive('imHeight')),
    )
    return _limit_to_images(info)


def _limit_to_images(info: SequenceInfo) -> SequenceInfo:
    folder = info.root / info.image_dir
    if not folder.is_dir():
        return info
    paths = [p for p in folder.glob(f'*{info.image_ext}') if _is_number(p.stem)]
    info = replace(info, digits=_digits(paths, info.digits))
    frames = {int(p.stem) for p in paths}
    available = len(frames & set(range(1, info.num_frames + 1)))
    missing = set(range(1, available + 1)) - frames
    if available == 0 or missing:
        first = min(missing, default=1)
        raise FileNotFoundError(
            f'{info.image_path(first)} is missing: frames of a sequence are numbered from 1 '
            f'without gaps ({available} of {info.num_frames} found in {folder})'
        )
    if available < info.num_frames:
        print_log(
            f'{info.name}: seqinfo.ini states {info.num_frames} frames, {available} images are '
            f'there; using frames 1 to {available}',
            logger='current',
            level=30,
        )
        info = replace(info, num_frames=available)
    return info


def _digits(paths: list[Path], default: int) -> int:
    """Width to which the names of frames are filled up with zeros."""
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


def frame_number(path: Path) -> int:
    """Number of a frame, which is the name of its file whatever the number of digits.

    Raises:
        ValueError: The name is something else.
    """
    if not _is_number(path.stem):
        raise ValueError(f'{path}: the name of a frame must be its number, such as 000001.jpg')
    return int(path.stem)


def _is_number(name: str) -> bool:
    return name.isascii() and name.isdigit()


def find_sequences(folder: str | os.PathLike) -> list[Path]:
    """Sequence folders directly under ``folder``, sorted by name.

    Raises:
        FileNotFoundError: ``folder`` does not exist or holds no folder with a ``seqinfo.ini``.
    """
    folder = Path(folder)
    sequences = sorted(p.parent for p in folder.glob('*/seqinfo.ini'))
    if not sequences:
        raise FileNotFoundError(
            f'{folder} holds no MOTChallenge sequence (a folder with a seqinfo.ini)'
        )
    return sequences


def read_rows(path: str | os.PathLike) -> np.ndarray:
    """Read a ground truth, detection or result file.

    Args:
        path: Comma or white-space separated file of 6 to 10 columns; see the module.

    Returns:
        Rows (R, 9) float64 in the order of the file. Columns that the file lacks are −1; of a
        tenth column nothing is kept.

    Raises:
        FileNotFoundError: The file does not exist.
        ValueError: A row is malformed; the message names file and line.
    """
    path = Path(path)
    if not path.is_file():
        raise FileNotFoundError(f'{path} does not exist')
    text = path.read_text(encoding='utf-8')
    fields = [line.replace(',', ' ').split() for line in text.splitlines() if line.strip()]
    try:
        table = np.array(fields, dtype=np.float64).reshape(len(fields), -1 if fields else 0)
    except ValueError:  # not numbers, or rows of different lengths
        _raise_first_bad_row(path, text)
    if len(table) and (not 6 <= table.shape[1] <= 10 or _bad_rows(table).any()):
        _raise_first_bad_row(path, text)
    rows = np.full((len(table), NUM_COLUMNS), -1.0)
    columns = min(table.shape[1], NUM_COLUMNS)
    rows[:, :columns] = table[:, :columns]
    return rows


def _bad_rows(table: np.ndarray) -> np.ndarray:
    whole = table[:, :2] == np.round(table[:, :2])
    return ~np.isfinite(table).all(1) | ~whole.all(1) | (table[:, FRAME] < 1)


def _raise_first_bad_row(path: Path, text: str) -> NoReturn:
    columns = 0
    for number, line in enumerate(text.splitlines(), start=1):
        fields = line.replace(',', ' ').split()
        if not fields:
            continue
        where = f'{path}, line {number}: {line.strip()!r}'
        if not 6 <= len(fields) <= 10:
            raise ValueError(f'{where} has {len(fields)} columns, expected 6 to 10')
        if columns and len(fields) != columns:
            raise ValueError(f'{where} has {len(fields)} columns, the rows before it {columns}')
        columns = len(fields)
        try:
            row = np.array([fields], dtype=np.float64)
        except ValueError:
            raise ValueError(f'{where} holds something that is not a number') from None
        if _bad_rows(row).any():
            raise ValueError(
                f'{where}: every value must be finite, frame and id whole numbers, frame >= 1'
            )
    raise ValueError(f'{path} is malformed')


def write_results(path: str | os.PathLike, rows: np.ndarray) -> None:
    """Write tracks in the format of the MOTChallenge server, whole or not at all.

    Args:
        path: ``SEQ.txt``.
        rows: (R, >= 7) ``frame, id, left, top, width, height, score``.
    """
    lines = [
        f'{int(r[FRAME])},{int(r[ID])},{r[LEFT]:.3f},{r[TOP]:.3f},{r[WIDTH]:.3f},'
        f'{r[HEIGHT]:.3f},{r[SCORE]:.4f},-1,-1,-1\n'
        for r in rows
    ]
    write_text(path, ''.join(lines))
