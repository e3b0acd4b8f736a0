"""Occlusion by other people of a task."""

from functools import lru_cache

import numpy as np
from mmcv.transforms import BaseTransform
from scipy.special import expit

from ...registry import TRANSFORMS
from ...utils.option_checks import check_number
from .rng import generator

HALF_WIDTH = 0.3
"""Half the width of a person within a crop, in widths of it."""

HEAD = 0.04
"""Place of the top of a head within a crop, in heights of it."""

EDGE = 0.025, 0.017
"""Softness of the sides and of the upper edge of a pasted person, in sizes of the crop."""


@TRANSFORMS.register_module()
class PasteOccluders(BaseTransform):
    """Transform of a task that puts somebody else of it in front of some of its people.

    In a crowd most boxes hold more than one person, and who stands in front is mostly another
    person of the same video, in the same light. A way's image gets the middle of an image of
    another way, moved to the side and down, over it; what the image shows of its own person is
    still that person. Needs two ways.

    Required keys: ``img`` (N, F, H, W, 3) uint8, F images of each of N ways; optionally ``rng``.
    Changed: ``img``.

    Args:
        prob: Probability of each image to be occluded, 0 to 1.
        side: Least and greatest distance of the other person to the left or right, in widths of
            the image. Below 0.3 it hides the person.
        down: Least and greatest distance of the other person downwards, in heights; people in
            front are lower in the picture, negative ones are taller.

    Raises:
        ValueError: An argument is out of its range.
    """

    def __init__(
        self,
        prob: float = 0.3,
        side: tuple[float, float] = (0.3, 0.9),
        down: tuple[float, float] = (-0.1, 0.6),
    ) -> None:
        check_number('prob', prob, 'between 0 and 1', at_least=0, at_most=1)
        for name, (least, greatest), bound in (('side', side, 0), ('down', down, -1)):
            if not bound <= least <= greatest <= 1:
                raise ValueError(
                    f'{name}={(least, greatest)} must be (least, greatest), from {bound} to 1'
                )
        self.prob, self.side, self.down = prob, side, down

    def transform(self, results: dict) -> dict:
        """Occlude some images by others, all of which are taken as they were before."""
        images, rng = results['img'], generator(results)
        ways, shots, height, width = images.shape[:4]
        way, shot = np.nonzero(rng.random((ways, shots)) < self.prob)
        if ways < 2 or not len(way):
            return results
        count = len(way)
        other = (way + rng.integers(1, ways, count)) % ways, rng.integers(shots, size=count)
        right = rng.choice((-1, 1), count) * rng.uniform(*self.side, count) * width
        down = rng.uniform(*self.down, count) * height
        moves = np.rint(np.stack([down, right], 1)).astype(int).tolist()
        opacity = _opacity(height, width)
        results['img'] = images.copy()
        for target, source, (dy, dx) in zip(
            zip(way, shot, strict=True), zip(*other, strict=True), moves, strict=True
        ):
            _paste(results['img'][target], images[source], opacity, dy, dx)
        return results


def _paste(image: np.ndarray, other: np.ndarray, opacity: np.ndarray, dy: int, dx: int) -> None:
    """Blend another image, moved by (dx, dy) pixels, into an image (H, W, 3)."""
    height, width = opacity.shape[:2]
    below, above = slice(max(dy, 0), height + min(dy, 0)), slice(max(-dy, 0), height - max(dy, 0))
    right, left = slice(max(dx, 0), width + min(dx, 0)), slice(max(-dx, 0), width - max(dx, 0))
    own, cover = image[below, right].astype(np.float32), opacity[above, left]
    image[below, right] = np.rint(own + cover * (other[above, left] - own))


@lru_cache(maxsize=8)
def _opacity(height: int, width: int) -> np.ndarray:
    """Opacity (H, W, 1) of a pasted crop: 1 in its middle, 0 at its sides and above the head."""
    row, column = ((np.arange(size) + 0.5) / size for size in (height, width))
    upper = expit((row - HEAD) / EDGE[1])
    sides = expit((HALF_WIDTH - np.abs(column - 0.5)) / EDGE[0])
    return (upper[:, None, None] * sides[:, None]).astype(np.float32)
