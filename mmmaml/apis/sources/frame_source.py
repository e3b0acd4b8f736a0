"""Where frames come from."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np


class SourceFrame(NamedTuple):
    """A frame of a source.

    Attributes:
        image: (H, W, 3) uint8, blue, green, red.
        timestamp: Seconds, of a source that may skip frames; None where none is left out.
    """

    image: np.ndarray
    timestamp: float | None = None


class FrameSource:
    """Frames of one video, in order; this one gives arrays that are in memory.

    Args:
        images: (H, W, 3) uint8 each, blue, green, red.
        name: Of the video; result files are named after it.
        frame_rate: Frames per second; None where it is not known.
        num_frames: None where it is not known before the end.
    """

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

    @property
    def has_public_detections(self) -> bool:
        """Whether it is a sequence of a benchmark, which detections come with."""
        return False

    def image_path(self, number: int) -> Path:
        """Path ``NAME/img1/000001.jpg`` of a frame, from 1, by which detections are looked up."""
        return Path(self.name) / 'img1' / f'{number:06d}.jpg'

    def __iter__(self) -> Iterator[SourceFrame]:
        for image in self.images:
            yield SourceFrame(image)
