"""Pictures of a pedestrian from every side and in every phase of the gait."""

from dataclasses import dataclass

import cv2
import numpy as np

from .body import BodyDrawing
from .people import Person
from .pose import walking_pose

NUM_PHASES = 12
NUM_YAWS = 16
STANDING = NUM_PHASES


@dataclass(frozen=True)
class Sprite:
    """A picture with soft edges.

    Attributes:
        image: (h, w, 4) uint8: blue, green and red multiplied by alpha, then alpha.
        anchor: (x, y) in pixels of the image of the point that stands on the ground.
    """

    image: np.ndarray
    anchor: tuple[float, float]


class SpriteSheet:
    """Sprites of one person, drawn when first asked for and kept.

    Args:
        person: Whom to draw.
        resolution: Body height in pixels of the kept sprites.
        texture_seed: Seed of the folds of the clothes.
    """

    def __init__(self, person: Person, resolution: int = 192, texture_seed: int = 0) -> None:
        self.person = person
        self.resolution = resolution
        self._sprites: dict[tuple[int, int], Sprite] = {}
        folds = np.random.default_rng(texture_seed).normal(1.0, 0.16, (24, 16))
        self._folds = folds.astype(np.float32)

    def sprite(self, phase: int, yaw: int) -> Sprite:
        """Return the sprite of a gait phase (0 to 11, 12 stands still) and a yaw (0 to 15)."""
        key = (phase, yaw)
        if key not in self._sprites:
            pose = walking_pose(2 * np.pi * phase / NUM_PHASES, float(phase != STANDING))
            drawing = BodyDrawing(self.person, pose, 2 * np.pi * yaw / NUM_YAWS, self.resolution)
            self._sprites[key] = _finish(drawing, self._folds)
        return self._sprites[key]


def _finish(drawing: BodyDrawing, folds: np.ndarray) -> Sprite:
    canvas = drawing.paint()
    left, top, width, height = cv2.boundingRect(canvas[..., 3])
    image = canvas[top : top + height, left : left + width]
    shade = cv2.resize(folds, (width, height), interpolation=cv2.INTER_CUBIC)
    shade *= np.linspace(1.1, 0.88, width, dtype=np.float32)
    alpha = image[..., 3:]
    colour = np.minimum(image[..., :3] * shade[..., None], alpha)
    image = np.concatenate([colour.astype(np.uint8), alpha], axis=2)
    return Sprite(image, (drawing.origin[0] - left, drawing.origin[1] - top))
