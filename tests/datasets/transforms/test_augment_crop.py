import numpy as np
import pytest
from mmengine.dataset import Compose

from mmmaml.datasets.transforms import ColorShiftCrop, FlipCrop, RandomEraseCrop
from mmmaml.utils import register_all_modules


@pytest.fixture
def image():
    return np.random.default_rng(0).integers(0, 256, (24, 12, 3), np.uint8)


def _run(transform, image, seed=0):
    return transform({'img': image.copy(), 'rng': np.random.default_rng(seed)})['img']


@pytest.mark.parametrize(
    'transform',
    [FlipCrop(0.5), ColorShiftCrop(), RandomEraseCrop(0.5)],
    ids=lambda transform: type(transform).__name__,
)
def test_a_function_of_the_items_generator_alone(transform, image):
    before = np.random.get_state()[1].copy()
    first = [_run(transform, image, seed) for seed in range(20)]
    np.random.default_rng().random(3)
    again = [_run(transform, image, seed) for seed in range(20)]
    np.testing.assert_array_equal(first, again)
    assert len({i.tobytes() for i in first}) > 1
    np.testing.assert_array_equal(np.random.get_state()[1], before)
    assert all(i.dtype == np.uint8 and i.shape == image.shape for i in first)


def test_without_a_generator_items_differ(image):
    images = {ColorShiftCrop()({'img': image.copy()})['img'].tobytes() for _ in range(5)}
    assert len(images) == 5


@pytest.mark.parametrize(('prob', 'flipped'), [(0, False), (1, True)])
def test_flip_mirrors_columns(image, prob, flipped):
    results = FlipCrop(prob)({'img': image, 'rng': np.random.default_rng(0)})
    expected = image[:, ::-1] if flipped else image
    np.testing.assert_array_equal(results['img'], expected)
    assert results['img'].flags.c_contiguous
    assert results['flip'] is flipped


def test_flip_happens_as_often_as_told(image):
    flips = [
        FlipCrop(0.25)({'img': image, 'rng': np.random.default_rng(s)})['flip'] for s in range(400)
    ]
    assert 70 < sum(flips) < 130


def test_no_shift_changes_nothing(image):
    np.testing.assert_array_equal(_run(ColorShiftCrop(0, 0, 0), image), image)


def test_brightness_is_a_gain(image):
    grey = np.full_like(image, 100)
    levels = [_run(ColorShiftCrop(0.2, 0, 0), grey, s)[0, 0, 0] for s in range(100)]
    assert 80 <= min(levels) < 85
    assert 115 < max(levels) <= 120


GREY = np.array([0.114, 0.587, 0.299])  # of blue, green, red (ITU-R BT.601)


@pytest.mark.parametrize('seed', range(10))
def test_contrast_spreads_around_the_mean(image, seed):
    soft = np.clip(image, 90, 160)
    shifted = _run(ColorShiftCrop(0, 0.3, 0), soft, seed)
    factor = 1 + np.random.default_rng(seed).uniform((0, -0.3, 0), (0, 0.3, 0))[1]
    mean = (soft @ GREY).mean()
    np.testing.assert_allclose(shifted, mean + factor * (soft - mean), atol=1.1)


@pytest.mark.parametrize('seed', range(10))
def test_saturation_keeps_the_grey_and_scales_the_colour(image, seed):
    soft = np.clip(image, 100, 150)
    shifted = _run(ColorShiftCrop(0, 0, 1.0), soft, seed)
    factor = 1 + np.random.default_rng(seed).uniform((0, 0, -1), (0, 0, 1))[2]
    grey = (soft @ GREY)[..., None]
    np.testing.assert_allclose(shifted, grey + factor * (soft - grey), atol=1.1)


def test_dark_pixels_stop_at_black():
    image = np.zeros((8, 8, 3), np.uint8)
    image[:4] = 255
    for seed in range(20):
        shifted = _run(ColorShiftCrop(0, 1.0, 0), image, seed)
        assert (shifted[:4].astype(int) >= shifted[4:]).all()


@pytest.mark.parametrize('seed', range(20))
def test_erasing_covers_a_rectangle_of_the_promised_size(seed):
    image = np.full((128, 64, 3), 300 % 256, np.uint8)
    changed = (_run(RandomEraseCrop(1.0, area=(0.1, 0.2)), image, seed) != image).any(2)
    rows, columns = np.flatnonzero(changed.any(1)), np.flatnonzero(changed.any(0))
    box = (rows[-1] - rows[0] + 1) * (columns[-1] - columns[0] + 1)
    assert changed.sum() > 0.97 * box
    assert 0.09 < box / changed.size < 0.21


def test_erasing_never_and_the_callers_image_stays(image):
    np.testing.assert_array_equal(_run(RandomEraseCrop(0), image), image)
    before = image.copy()
    RandomEraseCrop(1)({'img': image, 'rng': np.random.default_rng(0)})
    np.testing.assert_array_equal(image, before)


@pytest.mark.parametrize('size', [(1, 1), (1, 40), (40, 1)])
def test_erasing_survives_tiny_images(size):
    image = np.zeros((*size, 3), np.uint8)
    for seed in range(10):
        assert _run(RandomEraseCrop(1, area=(0.5, 0.9)), image, seed).shape == image.shape


@pytest.mark.parametrize(
    ('build', 'message'),
    [
        (lambda: FlipCrop(1.5), r'prob=1\.5'),
        (lambda: RandomEraseCrop(-1), r'prob=-1'),
        (lambda: RandomEraseCrop(area=(0.3, 0.1)), r'area=\(0\.3, 0\.1\)'),
        (lambda: RandomEraseCrop(aspect=0), r'aspect=0'),
        (lambda: ColorShiftCrop(contrast=1.5), r'contrast and saturation'),
    ],
)
def test_options_out_of_range(build, message):
    with pytest.raises(ValueError, match=message):
        build()


def test_pipeline_of_configs(image):
    register_all_modules()
    pipeline = Compose(
        [{'type': 'FlipCrop', 'prob': 1}, {'type': 'ColorShiftCrop'}, {'type': 'RandomEraseCrop'}]
    )
    results = pipeline({'img': image, 'rng': np.random.default_rng(3)})
    assert results['img'].shape == image.shape
