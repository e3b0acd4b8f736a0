"""Pictures the way up that their file states."""

import struct
from typing import NamedTuple

import cv2
import numpy as np


class Orientation(NamedTuple):
    """Turn of stored pictures to be shown: swapped first, then mirrored.

    Attributes:
        swap: Rows become columns.
        mirror_x: Left becomes right.
        mirror_y: Top becomes bottom.
        exact: False if the file states another angle, of which this is the nearest right one.
    """

    swap: bool = False
    mirror_x: bool = False
    mirror_y: bool = False
    exact: bool = True

    @classmethod
    def from_matrix(cls, matrix: bytes) -> 'Orientation':
        """Read a display matrix of FFmpeg, which is that of ISO/IEC 14496-12, 8.2.2.

        Args:
            matrix: Nine 32-bit integers ``a, b, u, c, d, v, x, y, w`` in the machine's order;
                a point (p, q) of the stored picture is shown at (a p + c q, b p + d q).
        """
        a, b, _, c, d = struct.unpack('=5i', matrix[:20])
        swap = max(abs(a), abs(d)) < max(abs(b), abs(c))
        along, across = ((c, b), (a, d)) if swap else ((a, d), (c, b))
        exact = not any(across)
        return cls(swap, along[0] < 0, along[1] < 0, exact)

    def apply(self, image: np.ndarray) -> np.ndarray:
        """Turn a picture (H, W, 3); it is given back as it is if nothing is to be done."""
        if self.swap:
            image = cv2.transpose(image)
        if self.mirror_x or self.mirror_y:
            both = self.mirror_x and self.mirror_y
            image = cv2.flip(image, -1 if both else int(self.mirror_x))
        return image
