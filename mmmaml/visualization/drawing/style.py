"""Sizes of what is drawn into a picture."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class DrawingStyle:
    """Sizes of lines and text, in pixels of the picture.

    Attributes:
        line_width: Of boxes; trails are as wide.
        font_scale: OpenCV's font scale: 0.4 is about 9 pixels high.
        font_width: Stroke width of the text.
    """

    line_width: int
    font_scale: float
    font_width: int

    @classmethod
    def for_image(cls, height: int, width: int, line_width: int | None = None) -> 'DrawingStyle':
        """Choose sizes that look alike in pictures of any size.

        Args:
            height: Of the picture in pixels.
            width: Of the picture in pixels.
            line_width: Replaces the line width that follows from the size.
        """
        size = float(np.sqrt(height * width))
        scale = min(max(size / 1800, 0.36), 2.0)
        return cls(
            line_width=line_width or max(1, round(size / 450)),
            font_scale=scale,
            font_width=max(1, round(scale * 2)),
        )
