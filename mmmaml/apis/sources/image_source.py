"""Folders of images, and sequences in the MOTChallenge layout."""

import logging
import os
import re
from collections.abc import Iterator
from pathlib import Path

from mmengine.logging import print_log

from mmmaml.utils.images import read_frame
from mmmaml.utils.frame_numbers import frame_offset
from mmmaml.utils.mot_files import read_seqinfo

from .frame_source import FrameSource, SourceFrame

SUFFIXES = ('.jpg', '.jpeg', '.png', '.bmp', '.ppm', '.pgm', '.tif', '.tiff', '.webp')


class ImageSource(FrameSource):
    """Images of a folder, in the order of the numbers in their names; frame 1 is the first.

    A folder with ``seqinfo.ini`` or ``img1/`` is a MOTChallenge sequence: public detections lie
    in ``det/det.txt``, and the frame rate is that of ``seqinfo.ini``. Files that are no images
    are left out with a warning.

    Args:
        folder: The folder.

    Raises:
        FileNotFoundError: It holds no image, or a sequence lacks one of its frames.
        ValueError: ``seqinfo.ini`` is not as it should be.
    """

    reads_ahead = True

    def __init__(self, folder: Path) -> None:
        self.path: Path = folder
        folder = Path(os.path.abspath(folder))  # which has a name, as '.' has not
        rate = None
        self.is_sequence = (folder / 'seqinfo.ini').is_file() or (folder / 'img1').is_dir()
        if (folder / 'seqinfo.ini').is_file():
            info = read_seqinfo(folder, needed=())
            rate = info.frame_rate or None
            self.paths = [info.image_path(number + 1) for number in range(info.num_frames)]
        else:
            self.paths = _images(folder / 'img1' if self.is_sequence else folder)
        if not self.paths:
            raise FileNotFoundError(
                f'{folder} holds no images of the kind that seqinfo.ini states'
            )
        super().__init__((), folder.name, frame_rate=rate, num_frames=len(self.paths))
        self._folder = folder

    def __str__(self) -> str:
        return str(self.path)

    @property
    def has_public_detections(self) -> bool:
        """True of a sequence of a benchmark, which detections come with."""
        return self.is_sequence

    @property
    def files(self) -> list[Path]:
        """Files that are read."""
        return self.paths

    @property
    def number_offset(self) -> int | None:
        """How far the numbers in the names of pictures are ahead of those of frames, if known."""
        return frame_offset(self.paths)

    def image_path(self, number: int) -> Path:
        """Return the path by which the detections of a frame are found, whatever its own name."""
        folder = self._folder if self.is_sequence else Path(self.name)
        return folder / 'img1' / f'{number:06d}.jpg'

    def __iter__(self) -> Iterator[SourceFrame]:
        for number, path in enumerate(self.paths, start=1):
            yield SourceFrame(read_frame(str(path)), number)


def _images(folder: Path) -> list[Path]:
    files = [path for path in folder.iterdir() if path.is_file() and path.name[0] != '.']
    images = [path for path in files if path.suffix.lower() in SUFFIXES]
    others = sorted(path.name for path in set(files) - set(images))
    if not images:
        raise FileNotFoundError(f'{folder} holds no images ({", ".join(SUFFIXES)})')
    if others:
        print_log(
            f'{folder}: {len(others)} file{"s are no images" if others[1:] else " is no image"} '
            f'and left out: {", ".join(others[:3])}{", ..." if others[3:] else ""}',
            logger='current',
            level=logging.WARNING,
        )
    return sorted(images, key=lambda path: _natural(path.name))


def _natural(name: str) -> list[tuple[int, str]]:
    """Return a sort key by which frame9 comes before frame10."""
    parts = re.split(r'([0-9]+)', name.lower())
    return [(int(part), '') if part.isdecimal() else (-1, part) for part in parts]
