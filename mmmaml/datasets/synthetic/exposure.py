"""Light and sensor, which make a picture of a scene."""

import cv2
import numpy as np

from .specs import SequenceSpec

_NOISE_MARGIN = 64


class Exposure:
    """Drifting brightness, a cloud shadow that passes, blur and noise.

    Args:
        spec: The sequence.
        rng: Decides when the light changes, and the noise.
    """

    def __init__(self, spec: SequenceSpec, rng: np.random.Generator) -> None:
        self.size, self.appearance = spec.size, spec.appearance
        seconds = np.arange(spec.num_frames) / spec.frame_rate
        wave = np.sin(2 * np.pi * (seconds / 11 + rng.random()))
        drift = 1 + 0.5 * self.appearance.light_change * wave
        self.gains = (
            self.appearance.brightness * drift[:, None] * np.array(self.appearance.colour_cast)
        )
        self.cloud = seconds / 14 + rng.random()
        # Cuts at random places of noise a little larger than the frame look unrelated.
        shape = (spec.size[1] + _NOISE_MARGIN, spec.size[0] + _NOISE_MARGIN, 3)
        noise = rng.standard_normal(shape, dtype=np.float32) * self.appearance.noise_sigma
        self.noise = np.round(noise).astype(np.int16)
        self.cuts = rng.integers(0, _NOISE_MARGIN, (spec.num_frames, 2))

    def expose(self, scene: np.ndarray, index: int) -> np.ndarray:
        """Return the picture (H, W, 3) uint8 that a scene of the same shape gives in a frame."""
        ramp = np.arange(256)[:, None] * self.gains[index]
        table = np.clip(np.round(ramp), 0, 255).astype(np.uint8)
        image = cv2.LUT(scene, table[None])
        if self.appearance.light_change > 0:
            shade = cv2.resize(self._shade(index), self.size)
            shade = cv2.cvtColor(shade, cv2.COLOR_GRAY2BGR)
            image = cv2.multiply(image, shade, scale=1 / 255)
        if self.appearance.blur_sigma > 0:
            image = cv2.GaussianBlur(image, (0, 0), self.appearance.blur_sigma)
        if self.appearance.noise_sigma > 0:
            (y, x), (width, height) = self.cuts[index], self.size
            tile = self.noise[y : y + height, x : x + width]
            image = cv2.add(image, tile, dtype=cv2.CV_8U)
        return image

    def _shade(self, index: int) -> np.ndarray:
        """Return a soft diagonal shadow twice as wide as the frame, in factors of 255, uint8."""
        x, y = np.meshgrid(np.linspace(0, 0.5, 32), np.linspace(0, 0.15, 16))
        wave = np.sin(2 * np.pi * (x + y + self.cloud[index]))
        cover = 1 / (1 + np.exp(-12 * (wave - 0.2)))
        return (255 * (1 - self.appearance.light_change * cover)).astype(np.uint8)
