"""Frames decoded from files."""

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
