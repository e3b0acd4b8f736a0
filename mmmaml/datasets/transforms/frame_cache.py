"""Frames from files, and those that were decoded a moment ago."""

from collections import OrderedDict

import cv2
import mmcv
import numpy as np
from mmengine.fileio import get


def read_frame(path: str, backend_args: dict | None = None) -> np.ndarray:
    """Decode a frame.

    Args:
        path: An image file.
        backend_args: Where files come from, as in :func:`mmengine.fileio.get`.

    Returns:
        (H, W, 3) uint8, blue, green, red.

    Raises:
        FileNotFoundError: There is no such file.
        ValueError: The file is not an image that can be decoded to its end.
    """
    try:
        content = get(path, backend_args=backend_args)
    except FileNotFoundError:
        raise FileNotFoundError(
            f'frame {path} does not exist: check data_root and data_prefix'
        ) from None
    try:
        frame = mmcv.imfrombytes(content, flag='color') if content else None
    except cv2.error:  # a header that promises too much
        frame = None
    if frame is None:
        raise ValueError(
            f'frame {path} cannot be decoded ({len(content)} bytes): it is cut off or no image. '
            'Copy or unpack it again'
        )
    return frame


class FrameCache:
    """The last few decoded frames of this process, by path.

    Copies, pickled or deep, start empty: worker processes and subsets do not carry frames.

    Args:
        max_frames: How many frames are kept. A frame of 1920×1080 takes 6 MB in each worker; 0
            keeps none.
        backend_args: Where files come from, as in :func:`mmengine.fileio.get`.
    """

    def __init__(self, max_frames: int, backend_args: dict | None = None) -> None:
        if max_frames < 0:
            raise ValueError(f'max_cached_frames={max_frames} must be at least 0')
        self.max_frames = max_frames
        self.backend_args = backend_args
        self._frames: OrderedDict[str, np.ndarray] = OrderedDict()

    def __getstate__(self) -> dict:
        return {**self.__dict__, '_frames': OrderedDict()}

    def __len__(self) -> int:
        return len(self._frames)

    def clear(self) -> None:
        """Keep none of the frames."""
        self._frames.clear()

    def read(self, path: str) -> np.ndarray:
        """The frame (H, W, 3) uint8, blue, green, red. Do not write to it.

        Raises:
            FileNotFoundError: There is no such file.
            ValueError: The file is not an image that can be decoded to its end.
        """
        if path in self._frames:
            self._frames.move_to_end(path)
            return self._frames[path]
        frame = read_frame(path, self.backend_args)
        frame.flags.writeable = False
        self._frames[path] = frame
        if len(self._frames) > self.max_frames:
            self._frames.popitem(last=False)
        return frame
