"""Frames decoded from files, and people cut out of them."""

from collections.abc import Sequence

import cv2
import numpy as np
from mmengine.fileio import get


def read_frame(path: str, backend_args: dict | None = None) -> np.ndarray:
    """Decode a frame.

    Args:
        path: An image file.
        backend_args: Source of files, as in :func:`mmengine.fileio.get`.

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
        frame = cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_COLOR)
    except cv2.error:  # an empty file, or a header that promises too much
        frame = None
    if frame is None:
        raise ValueError(
            f'frame {path} cannot be decoded ({len(content)} bytes): it is cut off or no image. '
            'Copy or unpack it again'
        )
    return frame


def cut_box(frame: np.ndarray, box: Sequence[float]) -> np.ndarray:
    """Cut a box x1, y1, x2, y2 out of a frame (H, W, 3); at least one pixel of it is taken."""
    height, width = frame.shape[:2]
    left = int(np.clip(np.floor(box[0]), 0, width - 1))
    top = int(np.clip(np.floor(box[1]), 0, height - 1))
    right = int(np.clip(np.ceil(box[2]), left + 1, width))
    bottom = int(np.clip(np.ceil(box[3]), top + 1, height))
    return frame[top:bottom, left:right]
