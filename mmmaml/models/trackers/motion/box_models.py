"""The four numbers a Kalman filter sees in a box, and their uncertainty."""

from typing import ClassVar

import numpy as np


class AspectHeightBox:
    """Boxes as (cx, cy, a, h), a = w/h: the state of SORT and DeepSORT (Wojke et al., 2017).

    Standard deviations are in proportion to the height; that of the aspect ratio is fixed. The
    noise of cx and cy is the same, so their variances stay equal for ever.

    Attributes:
        MIN_SIZE: (2,) least values of the last two columns.
        LENGTHS: Columns besides the centre that are lengths in pixels.
    """

    MIN_SIZE: ClassVar[tuple[float, float]] = (0.05, 1.0)
    LENGTHS: ClassVar[tuple[int, ...]] = (3,)

    def measure(self, boxes: np.ndarray) -> np.ndarray:
        """Return measurements (N, 4) of xyxy boxes (N, 4) of positive size."""
        size = boxes[:, 2:] - boxes[:, :2]
        centre = boxes[:, :2] + size / 2
        return np.concatenate([centre, size[:, :1] / size[:, 1:], size[:, 1:]], axis=1)

    def boxes(self, measured: np.ndarray) -> np.ndarray:
        """Return the xyxy boxes (N, 4) of measurements (N, 4): the inverse of :meth:`measure`."""
        centre, height = measured[:, :2], measured[:, 3:]
        half = np.concatenate([measured[:, 2:3] * height, height], axis=1) / 2
        return np.concatenate([centre - half, centre + half], axis=1)

    def variance(self, measured: np.ndarray, std: float, std_aspect: float) -> np.ndarray:
        """Return variances (T, 4) of noise.

        Args:
            measured: (T, 4).
            std: Standard deviation of lengths, as a share of the height.
            std_aspect: Standard deviation of the aspect ratio.
        """
        variance = np.repeat((std * measured[:, 3:]) ** 2, 4, axis=1)
        variance[:, 2] = std_aspect**2
        return variance


class WidthHeightBox:
    """Boxes as (cx, cy, w, h): the state of BoT-SORT (Aharon et al., 2022).

    Standard deviations of cx and w are in proportion to the width, those of cy and h to the
    height. Width and height are filtered apart, which follows people who stretch out or are
    partly hidden better than a fixed-noise aspect ratio does.

    Attributes:
        MIN_SIZE: (2,) least values of the last two columns.
        LENGTHS: Columns besides the centre that are lengths in pixels.
    """

    MIN_SIZE: ClassVar[tuple[float, float]] = (1.0, 1.0)
    LENGTHS: ClassVar[tuple[int, ...]] = (2, 3)

    def measure(self, boxes: np.ndarray) -> np.ndarray:
        """Return measurements (N, 4) of xyxy boxes (N, 4)."""
        size = boxes[:, 2:] - boxes[:, :2]
        return np.concatenate([boxes[:, :2] + size / 2, size], axis=1)

    def boxes(self, measured: np.ndarray) -> np.ndarray:
        """Return the xyxy boxes (N, 4) of measurements (N, 4): the inverse of :meth:`measure`."""
        centre, half = measured[:, :2], measured[:, 2:] / 2
        return np.concatenate([centre - half, centre + half], axis=1)

    def variance(self, measured: np.ndarray, std: float, std_aspect: float) -> np.ndarray:
        """Return variances (T, 4) of noise, from ``std`` alone: there is no aspect ratio."""
        del std_aspect
        return (std * np.concatenate([measured[:, 2:], measured[:, 2:]], axis=1)) ** 2


BoxModel = AspectHeightBox | WidthHeightBox
BOX_MODELS: dict[str, BoxModel] = {'cxcyah': AspectHeightBox(), 'cxcywh': WidthHeightBox()}
"""By their names in a config."""
