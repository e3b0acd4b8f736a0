"""Augmentation of crops whose randomness comes with the item.

The transforms of mmcv and mmdet draw from NumPy's global generator, which makes an item depend on
the worker that loads it. These draw from ``results['rng']``.
"""

import cv2
import numpy as np
from mmcv.transforms import BaseTransform

from ...registry import TRANSFORMS
from ...utils.option_checks import check_number
from .rng import generator


@TRANSFORMS.register_module()
class FlipCrop(BaseTransform):
    """Mirror ``img`` left to right.

    Args:
        prob: Probability of mirroring, 0 to 1.
    """

    per_task = False

    def __init__(self, prob: float = 0.5) -> None:
        check_number('prob', prob, 'between 0 and 1', at_least=0, at_most=1)
        self.prob = prob

    def transform(self, results: dict) -> dict:
        """Mirror or leave the image; sets ``flip``."""
        results['flip'] = bool(generator(results, self.per_task).random() < self.prob)
        if results['flip']:
            results['img'] = cv2.flip(results['img'], 1)
        return results


@TRANSFORMS.register_module()
class ColorShiftCrop(BaseTransform):
    """Change brightness, contrast and saturation of ``img`` as other light would.

    Each factor is drawn from [1 − x, 1 + x]. Greater ranges make the embedding rely on colour
    less, which people in similar clothes punish.

    Args:
        brightness: Range of the gain.
        contrast: Range of the contrast around the mean grey of the crop.
        saturation: Range of the saturation; at 1 crops may become grey.
    """

    def __init__(
        self, brightness: float = 0.2, contrast: float = 0.15, saturation: float = 0.15
    ) -> None:
        self.ranges = (brightness, contrast, saturation)
        if not all(0 <= value <= 1 for value in self.ranges):
            raise ValueError(f'brightness, contrast and saturation {self.ranges}: each 0 to 1')

    def transform(self, results: dict) -> dict:
        """Shift the colours of a uint8 image."""
        reach = np.array(self.ranges)
        gain, contrast, saturation = 1 + generator(results).uniform(-reach, reach)
        image = results['img']
        grey = cv2.cvtColor(image, cv2.COLOR_BGR2GRAY)
        # All three at once: gain (mean + contrast (saturation x + (1 - saturation) grey - mean)).
        offset = gain * (1 - contrast) * float(grey.mean())
        weight = gain * contrast
        results['img'] = cv2.addWeighted(
            image,
            weight * saturation,
            cv2.cvtColor(grey, cv2.COLOR_GRAY2BGR),
            weight * (1 - saturation),
            offset,
        )
        return results


@TRANSFORMS.register_module()
class RandomEraseCrop(BaseTransform):
    """Cover a rectangle of ``img`` with noise, as somebody in front would [1]_.

    Args:
        prob: Probability of covering, 0 to 1.
        area: Least and greatest part of the image that is erased. Over a half leaves too little
            to tell people apart.
        aspect: Least ratio of the rectangle's height to its width; the greatest is its inverse.

    .. [1] Zhong et al., Random Erasing Data Augmentation, AAAI 2020.
    """

    def __init__(
        self,
        prob: float = 0.5,
        area: tuple[float, float] = (0.02, 0.3),
        aspect: float = 0.4,
    ) -> None:
        check_number('prob', prob, 'between 0 and 1', at_least=0, at_most=1)
        self.prob = prob
        if not 0 < area[0] <= area[1] < 1:
            raise ValueError(f'area={area} must be (least, greatest), both between 0 and 1')
        if not 0 < aspect <= 1:
            raise ValueError(f'aspect={aspect} must be in (0, 1]')
        self.area, self.aspect = area, aspect

    def transform(self, results: dict) -> dict:
        """Cover a part or none."""
        rng = generator(results)
        if rng.random() >= self.prob:
            return results
        image = results['img'].copy()
        height, width = image.shape[:2]
        pixels = rng.uniform(*self.area) * height * width
        ratio = np.exp(rng.uniform(np.log(self.aspect), -np.log(self.aspect)))
        h = int(np.clip(round(np.sqrt(pixels * ratio)), 1, height))
        w = int(np.clip(round(np.sqrt(pixels / ratio)), 1, width))
        top, left = rng.integers(height - h + 1), rng.integers(width - w + 1)
        image[top : top + h, left : left + w] = rng.integers(0, 256, (h, w, 3), np.uint8)
        results['img'] = image
        return results
