"""Frames in the size of a network, and boxes back."""

from dataclasses import dataclass

import cv2
import numpy as np

PADDING = 114
"""Grey of the border, 0 to 255, with which the YOLO family is trained."""


@dataclass(frozen=True)
class Letterbox:
    """Place of a frame within the input of a network.

    Attributes:
        scale: x, y factor from pixels of the frame to those of the input.
        offset: x, y of the frame's corner in the input.
        frame_size: Width and height of the frame.
    """

    scale: tuple[float, float]
    offset: tuple[int, int]
    frame_size: tuple[int, int]

    def to_frame(self, boxes: np.ndarray) -> np.ndarray:
        """Return boxes (N, 4) xyxy of the input in pixels of the frame, cut at its border."""
        boxes = (boxes - np.array(self.offset * 2)) / np.array(self.scale * 2)
        return boxes.clip(0, np.array(self.frame_size * 2))


def letterbox(
    frame: np.ndarray, size: tuple[int, int], centred: bool
) -> tuple[np.ndarray, Letterbox]:
    """Resize a frame without distortion and fill up the rest.

    Args:
        frame: (H, W, 3) uint8.
        size: Height and width of the input.
        centred: Put the frame in the middle; False puts it at the top left.

    Returns:
        (h, w, 3) uint8, and the place of the frame in it.
    """
    height, width = frame.shape[:2]
    ratio = min(size[0] / height, size[1] / width)
    inner = max(1, round(height * ratio)), max(1, round(width * ratio))
    spare = size[0] - inner[0], size[1] - inner[1]
    top, left = (spare[0] // 2, spare[1] // 2) if centred else (0, 0)
    image = np.full((*size, 3), PADDING, dtype=np.uint8)
    resized = cv2.resize(frame, inner[::-1], interpolation=cv2.INTER_LINEAR)
    image[top : top + inner[0], left : left + inner[1]] = resized
    scale = inner[1] / width, inner[0] / height
    return image, Letterbox(scale, (left, top), (width, height))
