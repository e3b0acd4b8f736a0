"""Sources of frames."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np


class SourceFrame(NamedTuple):
    """A frame of a source.

    Attributes:
        image: (H, W, 3) uint8, blue, green, red.
        number: Of the frame in its source, from 1; detections and results refer to it. None if
            only the time tells, as for a camera.
        timestamp: Seconds, from any point in time and growing; None if frames follow each other
            at the frame rate.
    """

    image: np.ndarray
    number: int | None = None
    timestamp: float | None = None


class FrameSource:
    """Frames of one video, in order; this one gives arrays that are in memory.

    Args:
        images: (H, W, 3) uint8 each, blue, green, red.
        name: Of the video; result files are named after it.
        frame_rate: Frames per second; None if it is not known.
        num_frames: None if it is not known before the end.

    Attributes:
        path: File or folder that the frames are read from; None if there is none.
        reads_ahead: True if its frames may be read by another thread before they are asked for,
            and again.
    """

    path: Path | None = None
    reads_ahead = False

    def __init__(
        self,
        images: Iterable[np.ndarray],
        name: str = 'video',
        frame_rate: float | None = None,
        num_frames: int | None = None,
    ) -> None:
        self.images = images
        self.name = name
        self.frame_rate = frame_rate
        self.num_frames = num_frames

    def __str__(self) -> str:
        return self.name

    @property
    def has_public_detections(self) -> bool:
        """True of a sequence of a benchmark, which detections come with."""
        return False

    @property
    def files(self) -> list[Path]:
        """Files that are read."""
        return []

    @property
    def number_offset(self) -> int | None:
        """Lead of the numbers in the names of pictures over those of frames, if known."""
        return 0

    def size(self) -> tuple[int, int] | None:
        """Return width and height of a frame; None if that cannot be told without losing one."""
        if not self.reads_ahead:
            return None
        frames = iter(self)
        height, width = next(frames).image.shape[:2]
        del frames
        return width, height

    def image_path(self, number: int) -> Path:
        """Return the path ``NAME/img1/000001.jpg`` of a frame, by which detections are found."""
        return Path(self.name) / 'img1' / f'{number:06d}.jpg'

    def __iter__(self) -> Iterator[SourceFrame]:
        for number, image in enumerate(self.images, start=1):
            yield SourceFrame(image, number)
