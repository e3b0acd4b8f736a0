"""Frames from files, and those that were decoded a moment ago."""

from collections import OrderedDict

import numpy as np

from ...utils.images import read_frame as read_frame


class FrameCache:
    """The last few decoded frames of this process, by path.

    Copies, pickled or deep, start empty: worker processes and subsets do not carry frames.

    Args:
        max_mb: Megabytes (10⁶ bytes) of frames that are kept in each worker, and at least the
            last one; 0 keeps none. A frame of 1920×1080 takes 6.2, one of 640×360 takes 0.7.
        backend_args: Source of files, as in :func:`mmengine.fileio.get`.
    """

    def __init__(self, max_mb: float, backend_args: dict | None = None) -> None:
        if not max_mb >= 0:
            raise ValueError(f'max_cached_mb={max_mb} must be at least 0')
        self.max_mb = max_mb
        self.backend_args = backend_args
        self._frames: OrderedDict[str, np.ndarray] = OrderedDict()
        self._bytes = 0

    def __getstate__(self) -> dict:
        return {**self.__dict__, '_frames': OrderedDict(), '_bytes': 0}

    def __len__(self) -> int:
        return len(self._frames)

    def clear(self) -> None:
        """Keep none of the frames."""
        self._frames.clear()
        self._bytes = 0

    def read(self, path: str) -> np.ndarray:
        """Return the frame (H, W, 3) uint8, blue, green, red. Do not write to it.

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
        self._bytes += frame.nbytes
        least = 1 if self.max_mb else 0
        while self._bytes > self.max_mb * 1e6 and len(self._frames) > least:
            self._bytes -= self._frames.popitem(last=False)[1].nbytes
        return frame
