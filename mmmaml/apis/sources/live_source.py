"""Cameras and streams, by OpenCV."""

import math
import re
from collections.abc import Iterator
from time import monotonic

import cv2

from .frame_source import FrameSource, SourceFrame


class LiveSource(FrameSource):
    """A camera or a stream.

    Its frames carry the time at which they were read instead of a number, because a camera does
    not wait for a program that is slower than it. They are not read ahead, so that none is old.

    Args:
        address: Index of a camera, or address of a stream.
        name: Of the video.

    Raises:
        OSError: It cannot be opened.
    """

    def __init__(self, address: str | int, name: str) -> None:
        self.address = address
        self._capture = _open(address)
        if not self._capture.isOpened():
            raise OSError(f'{self} cannot be opened: {self._advice()}')
        rate = self._capture.get(cv2.CAP_PROP_FPS)
        # Sources without a rate state 0, or their time base, thousands a second.
        known = math.isfinite(rate) and 0 < rate <= 1000
        super().__init__((), name, frame_rate=rate if known else None)

    def __str__(self) -> str:
        if isinstance(self.address, int):
            return f'camera {self.address}'
        return re.sub(r'(?<=://)[^/@]*@', '', self.address)  # the password of a stream

    def __iter__(self) -> Iterator[SourceFrame]:
        """Give the frames, once.

        Raises:
            ValueError: There is no frame.
        """
        count = 0
        try:
            while True:
                there, image = self._capture.read()
                if not there:
                    break
                count += 1
                yield SourceFrame(image, timestamp=monotonic())
        finally:
            self._capture.release()
        if not count:
            raise ValueError(f'{self} gives no frame: {self._advice()}')

    def _advice(self) -> str:
        if isinstance(self.address, int):
            return 'is it plugged in, not in use by another program, and may you read it?'
        return 'check address, network and user name'


def _open(address: str | int) -> cv2.VideoCapture:
    """Open without OpenCV's own remarks: what failed is said once, by the exception."""
    level = cv2.getLogLevel()
    cv2.setLogLevel(0)
    try:
        return cv2.VideoCapture(address)
    finally:
        cv2.setLogLevel(level)
