"""Video files, cameras and streams, by OpenCV."""

import math
import re
import time
from collections.abc import Iterator

import cv2

from .frame_source import FrameSource, SourceFrame


class VideoSource(FrameSource):
    """A video file, or something live: a camera or a stream.

    Frames of a live source carry the time at which they were read, because a camera does not
    wait for a program that is slower than it.

    Args:
        address: Path of a file, index of a camera, or address of a stream.
        name: Of the video.
        live: Whether it is a camera or a stream.

    Raises:
        OSError: It cannot be opened.
    """

    def __init__(self, address: str | int, name: str, live: bool) -> None:
        self.address, self.live = address, live
        self._capture = _open(address)
        if not self._capture.isOpened():
            raise OSError(f'{self} cannot be opened: {self._advice()}')
        rate, count = (
            self._capture.get(key) for key in (cv2.CAP_PROP_FPS, cv2.CAP_PROP_FRAME_COUNT)
        )
        super().__init__(
            (),
            name,
            # Containers without a rate state 0, or their time base, thousands a second.
            frame_rate=rate if math.isfinite(rate) and 0 < rate <= 1000 else None,
            num_frames=int(count) if not live and 0 < count < 2**31 else None,
        )

    def __str__(self) -> str:
        if isinstance(self.address, int):
            return f'camera {self.address}'
        return re.sub(r'(?<=://)[^/@]*@', '', self.address)  # the password of a stream

    def __iter__(self) -> Iterator[SourceFrame]:
        """Give the frames, once.

        Raises:
            ValueError: There is no frame, or a file ends well before its stated length.
        """
        number = 0
        try:
            while True:
                there, image = self._capture.read()
                if not there:
                    break
                number += 1
                yield SourceFrame(image, time.monotonic() if self.live else None)
        finally:
            self._capture.release()
        self._check_length(number)

    def _check_length(self, number: int) -> None:
        if not number:
            raise ValueError(f'{self} gives no frame: {self._advice()}')
        # What a container states is an estimate for some, and a frame or two off.
        if self.num_frames is not None and number < 0.99 * self.num_frames - 2:
            raise ValueError(
                f'{self} ends after frame {number} of {self.num_frames}: the file is cut off or '
                'damaged there; copy it again, or convert it with ffmpeg'
            )

    def _advice(self) -> str:
        if isinstance(self.address, int):
            return 'is it plugged in, not in use by another program, and may you read it?'
        if self.live:
            return 'check address, network and user name'
        return 'it is no video, cut off, or of a codec that this OpenCV lacks'


def _open(address: str | int) -> cv2.VideoCapture:
    """Open without OpenCV's own remarks: what failed is said once, by the exception."""
    level = cv2.getLogLevel()
    cv2.setLogLevel(0)
    try:
        return cv2.VideoCapture(address)
    finally:
        cv2.setLogLevel(level)
