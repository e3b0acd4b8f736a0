"""Images of people, named as Market-1501 names them."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import numpy as np

EXPECTED = 'images whose names begin like those of Market-1501, ID_cCAMERA'
_NAME = re.compile(r'(-?\d+)_c(\d+)(?:s(\d+))?(?:_f?(\d+))?')
_SUFFIXES = ('.jpg', '.jpeg', '.png', '.bmp')
Item = TypeVar('Item')


@dataclass(frozen=True)
class NamedImage:
    """An image, and what its name says.

    Attributes:
        path: The file.
        identity: The person, from 1.
        camera: Number of the camera.
        sequence: Number of the camera's recording, 0 if the name has none.
        frame: Frame within the recording, None if the name has none.
    """

    path: Path
    identity: int
    camera: int
    sequence: int
    frame: int | None


@dataclass(frozen=True)
class NamedImages:
    """Images of a folder.

    Attributes:
        images: Those of somebody, in the order of their paths.
        num_nobody: Images of identities below 1: nobody whom the data set knows, or no person.
        num_others: Image files whose names are of another kind.
    """

    images: list[NamedImage]
    num_nobody: int
    num_others: int


def find_named_images(folder: Path) -> NamedImages:
    """Find images ``ID_cCAMERA....jpg`` anywhere below a folder.

    ``0002_c1s1_000451_03.jpg`` is person 2 at camera 1, in its recording 1, in frame 451.
    Recording and frame may be missing.
    """
    paths = [path for path in sorted(folder.rglob('*')) if path.suffix.lower() in _SUFFIXES]
    images, num_nobody = [], 0
    matches = [(path, match) for path in paths if (match := _NAME.match(path.name))]
    for path, match in matches:
        identity, camera, sequence, frame = match.groups()
        if int(identity) < 1:
            num_nobody += 1
            continue
        number = None if frame is None else int(frame)
        images.append(NamedImage(path, int(identity), int(camera), int(sequence or 0), number))
    return NamedImages(images, num_nobody, len(paths) - len(matches))


def spread(items: Sequence[Item], most: int) -> list[Item]:
    """Take at most so many items, from the first to the last at even steps."""
    if len(items) <= most:
        return list(items)
    return [items[i] for i in np.linspace(0, len(items) - 1, most).round().astype(int)]
