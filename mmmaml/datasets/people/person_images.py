"""Images of people whose identity is known, from files as they come."""

import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from mmengine.logging import print_log

from mmmaml.utils.images import cut_box, read_frame
from mmmaml.utils.mot_files import (
    CLASS,
    FRAME,
    HEIGHT,
    ID,
    LEFT,
    PEDESTRIAN,
    SCORE,
    VISIBILITY,
    WIDTH,
    SequenceInfo,
    find_sequences,
    read_seqinfo,
)
from mmmaml.utils.mot_truth import considered, read_truth

from .person_names import EXPECTED, find_named_images, spread

MIN_VISIBILITY = 0.3


@dataclass(frozen=True)
class PersonImages:
    """A few images of each person, at one camera or in one video.

    Attributes:
        num_people: Pairs of person and video.
        num_images: Images of all.
        video: (num_people,) int64 camera or video of each.
        read: Iterates over pairs of person (0 to ``num_people`` − 1) and image (h, w, 3) uint8,
            blue, green, red.
    """

    num_people: int
    num_images: int
    video: np.ndarray
    read: Callable[[], Iterator[tuple[int, np.ndarray]]]


def find_person_images(folder: Path, most: int) -> PersonImages:
    """Find images of people in a folder of one of two kinds.

    Args:
        folder: Sequences in the MOTChallenge layout with ``gt/gt.txt`` (one, ``SEQ`` or
            ``train/SEQ``), or images named as Market-1501 names them, ``ID_cCAMERA....jpg``.
            Identities below 1 there are nobody. In ground truth, pedestrians count of which at
            least 0.3 is visible.
        most: Images of a person in a video at most, spread over it. People with one alone are
            left out.

    Raises:
        FileNotFoundError: The folder holds neither.
        ValueError: Nobody has two images, or a ground truth is malformed.
    """
    if not folder.is_dir():
        raise FileNotFoundError(f'{folder} does not exist or is no folder')
    people: dict[tuple[object, int], list] = {}
    for image in find_named_images(folder).images:
        people.setdefault((image.camera, image.identity), []).append((image.path, None))
    if not people:
        for sequence in _sequences(folder):
            _add_sequence(people, sequence)
    several = {key: images for key, images in people.items() if len(images) > 1}
    chosen = [spread(images, most) for images in several.values()]
    if not chosen:
        raise ValueError(f'{folder}: nobody has two images, of which this needs the differences')
    videos = {name: number for number, name in enumerate(dict.fromkeys(key[0] for key in several))}
    video = np.array([videos[name] for name, _ in several])
    return PersonImages(len(chosen), sum(map(len, chosen)), video, lambda: _read(chosen))


def _sequences(folder: Path) -> list[Path]:
    if (folder / 'seqinfo.ini').is_file():
        return [folder]
    try:
        return find_sequences(folder / 'train' if (folder / 'train').is_dir() else folder)
    except FileNotFoundError as error:
        raise FileNotFoundError(
            f'{folder} holds no sequence with seqinfo.ini, and no {EXPECTED}'
        ) from error


def _add_sequence(people: dict[tuple[object, int], list], sequence: Path) -> None:
    info = read_seqinfo(sequence, needed=())
    rows = read_truth(sequence / 'gt' / 'gt.txt').rows
    kept = considered(rows[:, SCORE]) & np.isin(rows[:, CLASS], (PEDESTRIAN, -1))
    kept &= (rows[:, VISIBILITY] >= MIN_VISIBILITY) | (rows[:, VISIBILITY] == -1)
    kept &= rows[:, FRAME] <= info.num_frames
    shown = _shown(rows, info)
    if (hidden := int((kept & ~shown).sum())) > 0:
        print_log(
            f'{sequence.name}: {hidden} of {int(kept.sum())} boxes have no area, or none within '
            'the frame, and are left out',
            logger='current',
            level=logging.WARNING,
        )
    for row in rows[kept & shown]:
        left, top, width, height = row[LEFT : LEFT + 4]
        box = left, top, left + width, top + height
        path = info.image_path(int(row[FRAME]))
        people.setdefault((sequence, int(row[ID])), []).append((path, box))


def _shown(rows: np.ndarray, info: SequenceInfo) -> np.ndarray:
    """Return (R,) bool, boxes with an area, part of which is in the frame if its size is known."""
    low, size = rows[:, LEFT:WIDTH], rows[:, WIDTH : HEIGHT + 1]
    shown: np.ndarray = size.min(axis=1) > 0
    if info.width and info.height:
        shown &= ((low < (info.width, info.height)) & (low + size > 0)).all(1)
    return shown


def _read(chosen: list[list]) -> Iterator[tuple[int, np.ndarray]]:
    """Read each file once."""
    rows = [(path, box, who) for who, images in enumerate(chosen) for path, box in images]
    before, frame = None, np.zeros((0, 0, 3), np.uint8)
    for path, box, who in sorted(rows, key=lambda row: row[0]):
        if path != before:
            before, frame = path, read_frame(str(path))
        yield who, frame if box is None else cut_box(frame, box)
