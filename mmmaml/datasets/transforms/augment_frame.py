"""Augmentation of frames whose people keep their identities.

The transforms of mmcv and mmdet draw from NumPy's global generator, which makes an item depend on
the worker that loads it, and mmdet's ``RandomAffine`` drops boxes without their identities. These
draw from ``results['rng']`` and keep all that belongs to a box together.
"""

import cv2
import numpy as np
from mmcv.transforms import BaseTransform

from ...registry import TRANSFORMS
from ...utils.option_checks import check_number
from .augment_crop import FlipCrop
from .frame_boxes import boxes_of, set_boxes
from .rng import generator


@TRANSFORMS.register_module()
class FlipFrame(FlipCrop):
    """Mirror ``img`` and its boxes left to right.

    Args:
        prob: Probability of mirroring, 0 to 1.
        per_task: Decide once for all frames of a task, so that people keep their places.
    """

    def __init__(self, prob: float = 0.5, per_task: bool = False) -> None:
        super().__init__(prob)
        self.per_task = per_task

    def transform(self, results: dict) -> dict:
        """Mirror or leave the frame; sets ``flip``."""
        results = super().transform(results)
        if results['flip']:
            boxes = boxes_of(results)
            boxes.flip_(results['img'].shape[:2])
            set_boxes(results, boxes)
        return results


@TRANSFORMS.register_module()
class ShiftFrameHSV(BaseTransform):
    """Change saturation and brightness of ``img`` as other light and another camera would.

    Args:
        saturation: Greatest change of the saturation: its factor is drawn from [1 − x, 1 + x].
        value: The same for the brightness. Hue stays: it is what clothes are told apart by.
        per_task: Change all frames of a task alike.
    """

    def __init__(
        self, saturation: float = 0.5, value: float = 0.5, per_task: bool = False
    ) -> None:
        self.ranges, self.per_task = (saturation, value), per_task
        if not all(0 <= reach <= 1 for reach in self.ranges):
            raise ValueError(f'saturation and value {self.ranges}: each 0 to 1')

    def transform(self, results: dict) -> dict:
        """Shift the colours of a uint8 image."""
        reach = np.array(self.ranges)
        factors = 1 + generator(results, self.per_task).uniform(-reach, reach)
        hue, *channels = cv2.split(cv2.cvtColor(results['img'], cv2.COLOR_BGR2HSV))
        levels = np.arange(256)
        tables = [np.clip(np.rint(levels * f), 0, 255).astype(np.uint8) for f in factors]
        shifted = [cv2.LUT(c, table) for c, table in zip(channels, tables, strict=True)]
        results['img'] = cv2.cvtColor(cv2.merge([hue, *shifted]), cv2.COLOR_HSV2BGR)
        return results


@TRANSFORMS.register_module()
class AffineFrame(BaseTransform):
    """Rotate, scale, shear and shift ``img`` within its shape, and the boxes with it.

    A box becomes the smallest upright one around its moved corners. Boxes whose centre leaves
    the image are dropped with their identities.

    Args:
        prob: Probability that a frame is moved, 0 to 1.
        rotation: Greatest angle in degrees, both ways, about the centre. Boxes grow with it: that
            of a standing person by a fifth of its width at 5 degrees.
        scale: Least and greatest factor of size.
        shear: Greatest angle of shear in degrees, horizontally and vertically.
        translation: Greatest shift as a part of width and height.
        fill: Grey level of what comes in from outside.
        per_task: Move all frames of a task alike, so that people keep their way from one to the
            next.

    Raises:
        ValueError: An argument is out of its range.
    """

    def __init__(
        self,
        prob: float = 1.0,
        rotation: float = 5.0,
        scale: tuple[float, float] = (0.5, 1.2),
        shear: float = 2.0,
        translation: float = 0.1,
        fill: int = 127,
        per_task: bool = False,
    ) -> None:
        check_number('prob', prob, 'between 0 and 1', at_least=0, at_most=1)
        if not 0 < scale[0] <= scale[1]:
            raise ValueError(f'scale={scale} must be (least, greatest), both above 0')
        if rotation < 0 or not 0 <= shear < 45 or not 0 <= translation < 1:
            raise ValueError(
                f'rotation={rotation} must be at least 0, shear={shear} in [0, 45) degrees and '
                f'translation={translation} in [0, 1)'
            )
        self.prob, self.fill = prob, fill
        self.rotation, self.scale, self.shear = rotation, scale, shear
        self.translation, self.per_task = translation, per_task

    def transform(self, results: dict) -> dict:
        """Move a frame and its boxes, or leave them."""
        rng = generator(results, self.per_task)
        if rng.random() >= self.prob:
            return results
        height, width = results['img'].shape[:2]
        matrix = self.matrix(rng, width, height)
        results['img'] = cv2.warpAffine(
            results['img'], matrix[:2], (width, height), borderValue=(self.fill,) * 3
        )
        boxes = boxes_of(results)
        boxes.project_(matrix)
        set_boxes(results, boxes)
        return results

    def matrix(self, rng: np.random.Generator, width: int, height: int) -> np.ndarray:
        """(3, 3) from points x, y, 1 of the image to those of the moved image."""
        angle = rng.uniform(-self.rotation, self.rotation)
        rotate = np.eye(3)
        rotate[:2] = cv2.getRotationMatrix2D(
            (width / 2, height / 2), angle, rng.uniform(*self.scale)
        )
        shear, move = np.eye(3), np.eye(3)
        shear[0, 1], shear[1, 0] = np.tan(np.deg2rad(rng.uniform(-self.shear, self.shear, 2)))
        move[:2, 2] = rng.uniform(-self.translation, self.translation, 2) * (width, height)
        return shear @ move @ rotate
