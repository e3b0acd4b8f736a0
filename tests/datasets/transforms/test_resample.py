import cv2
import numpy as np
import pytest

from mmmaml.datasets.transforms.resample import PRECISION, resample

X, Y = np.meshgrid(np.arange(160.0), np.arange(120.0))
# Grey levels rise by one a pixel to the right, by one a pixel down, and by both.
RAMPS = np.stack([X, Y, (X + Y) / 2], axis=2).astype(np.uint8)

# To whole grey levels, and within OpenCV's arithmetic in whole numbers.
ROUNDING = 0.5 + 0.25


def centres(box, scale):
    """Places (h, w) of the centres of cells, as coordinates of pixel centres."""
    left, top, right, bottom = box
    columns = left + (np.arange(scale[0]) + 0.5) * (right - left) / scale[0] - 0.5
    rows = top + (np.arange(scale[1]) + 0.5) * (bottom - top) / scale[1] - 0.5
    return np.meshgrid(columns, rows)


@pytest.mark.parametrize('scale', [(64, 128), (128, 256), (20, 40)])
def test_samples_of_a_ramp_are_their_places(scale):
    rng = np.random.default_rng(0)
    for _ in range(40):
        left, top = rng.uniform(5, 60, 2)
        width, height = rng.uniform(8, 80), rng.uniform(10, 50)
        box = (left, top, left + width, top + height)
        crop = resample(RAMPS, box, scale).astype(float)
        x, y = centres(box, scale)
        assert crop.shape == (scale[1], scale[0], 3)
        assert np.abs(crop[..., 0] - x).max() <= ROUNDING + PRECISION
        assert np.abs(crop[..., 1] - y).max() <= ROUNDING + PRECISION


@pytest.mark.parametrize(
    'box',
    [
        (0.0, 0.0, 160.0, 120.0),
        (0.3, 0.7, 30.0, 119.9),
        (100.4, 50.2, 160.0, 120.0),
        (10.0, 20.0, 74.0, 52.0),  # steps of exactly a half
        (10.3, 20.3, 74.3, 52.3),  # and never on a whole pixel
    ],
)
def test_at_the_border_of_the_frame_its_last_pixels_are_repeated(box):
    crop = resample(RAMPS, box, (128, 64)).astype(float)
    x, y = centres(box, (128, 64))
    assert np.abs(crop[..., 0] - np.clip(x, 0, 159)).max() <= ROUNDING + PRECISION
    assert np.abs(crop[..., 1] - np.clip(y, 0, 119)).max() <= ROUNDING + PRECISION


def test_pixels_just_outside_of_the_box_count_as_roi_align_has_them():
    frame = np.zeros((40, 40, 3), np.uint8)
    frame[:, 20:] = 200
    crop = resample(frame, (20.0, 5.0, 30.0, 25.0), (40, 40))
    # The first centre lies 3/8 of a pixel before that of the box's first pixel.
    assert abs(int(crop[0, 0, 0]) - 125) <= 200 * PRECISION + 1
    assert (crop[:, 4:] == 200).all()


def test_the_fast_way_is_the_usual_one(monkeypatch):
    warped = []
    warp = cv2.warpAffine
    monkeypatch.setattr(cv2, 'warpAffine', lambda *a, **k: warped.append(a) or warp(*a, **k))
    rng = np.random.default_rng(1)
    for _ in range(200):
        left, top = rng.uniform(10, 60, 2)
        resample(
            RAMPS, (left, top, left + rng.uniform(9, 80), top + rng.uniform(9, 45)), (64, 128)
        )
    assert 0 < len(warped) < 60


def test_the_frame_is_not_written_to():
    frame = RAMPS.copy()
    for box in ((3.0, 4.0, 13.0, 14.0), (10.3, 20.3, 74.3, 52.3)):
        resample(frame, box, (10, 10))[:] = 0
    np.testing.assert_array_equal(frame, RAMPS)
