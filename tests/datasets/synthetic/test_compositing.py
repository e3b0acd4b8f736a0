import numpy as np
import pytest

from mmmaml.datasets.synthetic.compositing import Layer, blend, composite


def _solid(width, height, colour, left, top, alpha=255):
    image = np.empty((height, width, 4), np.uint8)
    image[..., :3] = np.array(colour) * alpha // 255
    image[..., 3] = alpha
    return Layer(image, left, top)


RED, BLUE = (0, 0, 200), (200, 0, 0)


def test_two_overlapping_by_hand():
    canvas = np.full((20, 30, 3), 50, np.uint8)
    far = _solid(10, 12, RED, left=4, top=3)
    near = _solid(6, 5, BLUE, left=10, top=8)
    boxes, counts = composite(canvas, [far, near])
    assert boxes.tolist() == [[4, 3, 10, 12], [10, 8, 6, 5]]
    # Of the far one's 120 pixels, columns 10 to 13 and rows 8 to 12 are hidden: 4 * 5.
    assert counts.tolist() == [[120, 120, 100], [30, 30, 30]]
    assert canvas[3, 4].tolist() == list(RED)
    assert canvas[8, 10].tolist() == list(BLUE)
    assert canvas[0, 0].tolist() == [50, 50, 50]
    assert (canvas == BLUE).all(-1).sum() == 30
    assert (canvas == RED).all(-1).sum() == 100


@pytest.mark.parametrize(
    ('left', 'top', 'inside'),
    [(-3, 0, 7 * 12), (0, -2, 10 * 10), (25, 14, 5 * 6), (-10, 0, 0), (30, 0, 0), (0, 20, 0)],
)
def test_what_lies_outside_is_not_seen(left, top, inside):
    canvas = np.zeros((20, 30, 3), np.uint8)
    boxes, counts = composite(canvas, [_solid(10, 12, RED, left, top)])
    assert boxes.tolist() == [[left, top, 10, 12]]
    assert counts.tolist() == [[120, inside, inside]]
    assert canvas.any(-1).sum() == inside


def test_wholly_hidden_is_inside_but_not_seen():
    canvas = np.zeros((20, 30, 3), np.uint8)
    layers = [_solid(4, 4, RED, 5, 5), _solid(6, 6, BLUE, 4, 4)]
    assert composite(canvas, layers)[1].tolist() == [[16, 16, 0], [36, 36, 36]]


@pytest.mark.parametrize(('alpha', 'hides'), [(127, False), (128, True)])
def test_half_covered_pixels_belong_to_the_cover(alpha, hides):
    canvas = np.zeros((20, 30, 3), np.uint8)
    layers = [_solid(4, 4, RED, 5, 5), _solid(4, 4, BLUE, 5, 5, alpha)]
    assert composite(canvas, layers)[1][:, 2].tolist() == ([0, 16] if hides else [16, 0])


def test_box_is_of_the_opaque_part():
    image = np.zeros((10, 10, 4), np.uint8)
    image[2:5, 3:9, 3] = 255
    image[1, 1, 3] = 100
    boxes, counts = composite(np.zeros((20, 30, 3), np.uint8), [Layer(image, 10, 0)])
    assert boxes.tolist() == [[13, 2, 6, 3]]
    assert counts[0].tolist() == [18, 18, 18]


def test_nobody():
    canvas = np.full((4, 4, 3), 9, np.uint8)
    boxes, counts = composite(canvas, [])
    assert boxes.shape == (0, 4)
    assert counts.shape == (0, 3)
    assert (canvas == 9).all()


def test_blend_is_the_over_operator():
    rng = np.random.default_rng(0)
    target = rng.integers(0, 256, (40, 50, 3), np.uint8)
    alpha = rng.integers(0, 256, (40, 50, 1)).astype(np.uint8)
    colour = rng.integers(0, 256, (40, 50, 3)) * (alpha / 255)
    expected = np.floor(colour) + target * (1 - alpha / 255)
    blend(target, np.concatenate([colour.astype(np.uint8), alpha], 2))
    assert np.abs(target - expected).max() <= 0.51
