import struct

import numpy as np
import pytest

from mmmaml.apis.sources.orientation import Orientation

ONE = 1 << 16


def by_points(image: np.ndarray, a: int, b: int, c: int, d: int) -> np.ndarray:
    """Move every pixel (p, q) to (a p + c q, b p + d q), and the picture back to 0, 0."""
    height, width = image.shape[:2]
    q, p = np.mgrid[:height, :width]
    x, y = a * p + c * q, b * p + d * q
    x, y = x - x.min(), y - y.min()
    found = np.zeros((y.max() + 1, x.max() + 1, 3), image.dtype)
    found[y, x] = image[q, p]
    return found


@pytest.mark.parametrize('a', [-1, 0, 1])
@pytest.mark.parametrize('b', [-1, 0, 1])
@pytest.mark.parametrize('other', [-1, 1])
def test_pictures_turn_as_their_points(a: int, b: int, other: int) -> None:
    if (a == 0) == (b == 0):
        return
    c, d = (0, other) if a else (other, 0)
    image = np.arange(4 * 6 * 3, dtype=np.uint8).reshape(4, 6, 3)
    matrix = struct.pack('=9i', a * ONE, b * ONE, 0, c * ONE, d * ONE, 0, 0, 0, 1 << 30)
    turn = Orientation.from_matrix(matrix)
    assert turn.exact
    np.testing.assert_array_equal(turn.apply(image), by_points(image, a, b, c, d))


def test_another_angle_becomes_the_nearest_right_one() -> None:
    angle = np.deg2rad(80)
    cos, sin = round(np.cos(angle) * ONE), round(np.sin(angle) * ONE)
    turn = Orientation.from_matrix(struct.pack('=9i', cos, sin, 0, -sin, cos, 0, 0, 0, 1 << 30))
    assert turn == Orientation(swap=True, mirror_x=True, mirror_y=False, exact=False)
    assert Orientation.from_matrix(bytes(36)) == Orientation()
