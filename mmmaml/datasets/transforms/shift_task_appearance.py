"""One artificial appearance for all images of a task."""

import cv2
import numpy as np
from mmcv.transforms import BaseTransform

from ...registry import TRANSFORMS
from ...utils.option_checks import check_number
from .rng import generator


@TRANSFORMS.register_module()
class ShiftTaskAppearance(BaseTransform):
    """Transform that shows a task as another camera, light and lens would.

    A task is a piece of one video, and a new video differs from those of training. All images of
    a task get the same gains, colour cast and blur, and noise of the same strength: they come
    from ``results['task_rng']``, which is the same for all of them, or from ``results['rng']``,
    image by image, if there is no task. People of a task stay comparable by their colours,
    which shifts of single images would destroy.

    Args:
        prob: Probability that a task is shifted, 0 to 1.
        brightness: Least and greatest gain on all intensities.
        colour: Greatest gain of a single channel beside it; the least is its inverse.
        blur: Standard deviation of the strongest blur, in heights of the image. Half of the
            shifted tasks are blurred.
        noise: Greatest standard deviation of the noise in grey levels. Half of the shifted tasks
            are noisy.

    Raises:
        ValueError: An argument is out of its range.
    """

    def __init__(
        self,
        prob: float = 0.8,
        brightness: tuple[float, float] = (0.55, 1.35),
        colour: float = 1.28,
        blur: float = 0.023,
        noise: float = 12.0,
    ) -> None:
        check_number('prob', prob, 'between 0 and 1', at_least=0, at_most=1)
        if not 0 < brightness[0] <= brightness[1]:
            raise ValueError(f'brightness={brightness} must be (least, greatest), both above 0')
        if colour < 1 or blur < 0 or noise < 0:
            raise ValueError(
                f'colour={colour} must be at least 1, blur={blur} and noise={noise} at least 0'
            )
        self.prob = prob
        self.brightness, self.colour = brightness, colour
        self.blur, self.noise = blur, noise
        self._log_brightness = np.log(brightness)
        self._log_colour = -np.log(colour), np.log(colour)

    def transform(self, results: dict) -> dict:
        """Shift a uint8 image (H, W, 3) or leave it."""
        rng = results.get('task_rng') or generator(results)
        if rng.random() >= self.prob:
            return results
        gain = rng.uniform(*self._log_brightness) + rng.uniform(*self._log_colour, 3)
        blur, noise = rng.random(2) * (self.blur, self.noise) * (rng.random(2) < 0.5)
        # A product for each of the 256 grey levels in place of one for each pixel.
        levels = _LEVELS * np.exp(gain).astype(np.float32)
        image = cv2.LUT(results['img'], levels[:, None])
        if blur > 0:
            image = cv2.GaussianBlur(image, (0, 0), blur * len(image))
        if noise > 0:
            grain = generator(results).standard_normal(image.shape, np.float32)
            image = image + np.float32(noise) * grain
        # Rounds halves to even and cuts at 0 and 255, all in one pass.
        results['img'] = cv2.add(image, 0, dtype=cv2.CV_8U)  # type: ignore[call-overload]
        return results


_LEVELS = np.arange(256, dtype=np.float32)[:, None]
