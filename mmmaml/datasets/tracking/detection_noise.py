"""Noise of detections in tracking, added to clean images of people.

Images of Re-ID datasets are sharp and centred. Boxes of a detector are shifted and scaled, people
are small or blurred, and others stand in front of them.
"""

from collections import deque

import cv2
import numpy as np

BOX_DEVIATION = 0.06
"""Standard deviation of place and logarithm of size of a box, in its width or height."""

HIDDEN = 0.1, 0.65
"""Share of the width that another person hides."""


RECENT = 256
"""Images among which somebody is found who stands in front."""


class ViewMaker:
    """Maker of noisy views of images, every second one with somebody in front.

    Args:
        num_views: Noisy views of each image.
        seed: Seed of all noise.
    """

    def __init__(self, num_views: int, seed: int = 0) -> None:
        self.num_views = num_views
        self._rng = np.random.default_rng(seed)
        self._recent: deque[tuple[int, np.ndarray]] = deque(maxlen=RECENT)

    def views(self, crop: np.ndarray, person: int) -> tuple[list[np.ndarray], np.ndarray]:
        """Return an image and noisy views of it, and the visible share of each (1 + views,).

        Args:
            crop: (h, w, 3) uint8.
            person: Who it is. Those in front are other people of images before.
        """
        others = [image for who, image in self._recent if who != person]
        views, visible = [crop], [1.0]
        for number in range(self.num_views):
            hidden = number % 2 == 1 and others
            other = others[self._rng.integers(len(others))] if hidden else None
            view, share = noisy_view(crop, other, self._rng)
            views.append(view)
            visible.append(share)
        self._recent.append((person, crop))
        return views, np.array(visible, dtype=np.float32)


def noisy_view(
    crop: np.ndarray, other: np.ndarray | None, rng: np.random.Generator
) -> tuple[np.ndarray, float]:
    """Show a person as a detector would in a video.

    Args:
        crop: (h, w, 3) uint8 image of the person.
        other: Image of another person, who hides a part; None leaves all visible.
        rng: Source of all randomness.

    Returns:
        Another image (h, w, 3) uint8, and the visible share of it, 0..1.
    """
    view = _shifted(crop, rng)
    visible = 1.0
    if other is not None:
        view, visible = _occluded(view, other, rng)
    if rng.random() < 0.5:
        view = _coarse(view, rng)
    return _lit(view, rng), visible


def _shifted(crop: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Cut by a box that is shifted and scaled; what lies outside mirrors the inside."""
    height, width = crop.shape[:2]
    wide, high = np.exp(rng.normal(0, BOX_DEVIATION, 2))
    x, y = 0.5 + rng.normal(0, BOX_DEVIATION, 2)
    left, top = x * width - wide * width / 2, y * height - high * height / 2
    grid = np.array([[wide, 0, left], [0, high, top]], dtype=np.float32)
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    return cv2.warpAffine(
        crop, grid, (width, height), flags=flags, borderMode=cv2.BORDER_REFLECT_101
    )


def _occluded(
    view: np.ndarray, other: np.ndarray, rng: np.random.Generator
) -> tuple[np.ndarray, float]:
    """Put another person, as an ellipse, in front of one side."""
    height, width = view.shape[:2]
    hidden, side = rng.uniform(*HIDDEN), rng.choice([-1, 1])
    scale = rng.uniform(0.85, 1.2)
    size = max(round(width * scale), 1), max(round(height * scale), 1)
    person = cv2.resize(other, size)
    outline = np.zeros(size[::-1], dtype=np.uint8)
    axes = max(round(0.42 * size[0]), 1), max(round(0.5 * size[1]), 1)
    cv2.ellipse(outline, (size[0] // 2, size[1] // 2), axes, 0, 0, 360, (1,), -1)
    left = (width - size[0]) / 2 + side * (1 - hidden) * width
    top = height - size[1] + rng.normal(0.05, 0.1) * height
    place = np.array([[1, 0, left], [0, 1, top]], dtype=np.float32)
    in_front = cv2.warpAffine(person, place, (width, height))
    mask = cv2.warpAffine(outline, place, (width, height), flags=cv2.INTER_NEAREST) > 0
    return np.where(mask[..., None], in_front, view), float(1 - mask.mean())


def _coarse(view: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Show fewer pixels, and blur."""
    height, width = view.shape[:2]
    share = rng.uniform(0.3, 0.9)
    small = max(round(width * share), 1), max(round(height * share), 1)
    view = cv2.resize(cv2.resize(view, small, interpolation=cv2.INTER_AREA), (width, height))
    return cv2.GaussianBlur(view, (0, 0), rng.uniform(0.3, 1.2))


def _lit(view: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Change the light, and add noise."""
    gain = np.exp(rng.normal(0, 0.08) + rng.normal(0, 0.03, 3))
    noise = rng.normal(0, rng.uniform(0, 4), view.shape)
    return np.clip(view * gain + noise, 0, 255).astype(np.uint8)
