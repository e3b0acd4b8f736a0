"""Frames from files, and those that were decoded a moment ago."""

from collections import OrderedDict

import numpy as np

from ...utils.images import read_frame as read_frame


class FrameCache:
    """The last few decoded frames of this process, by path.

    Copies, pickled or deep, start empty: worker processes and subsets do not carry frames.

    Args:
        max_frames: Number of frames that are kept. A frame of 1920×1080 takes 6 MB in each
            worker; 0 keeps none.
        backend_args: Source of files, as in :func:`mmengine.fileio.get`.
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
        if len(self._frames) > self.max_frames:
            self._frames.popitem(last=False)
        return frame
