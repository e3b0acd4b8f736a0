"""Shares of all images of a task, and of each alone."""

import cv2
import numpy as np
import pytest

from mmmaml.datasets.transforms import ShiftTaskAppearance


@pytest.fixture
def image():
    return np.random.default_rng(0).integers(20, 180, (64, 32, 3), np.uint8)


def run(transform, image, task=0, item=0):
    rngs = {'task_rng': np.random.default_rng(task), 'rng': np.random.default_rng(item)}
    return transform({'img': image.copy(), **rngs})['img']


def test_images_of_a_task_get_the_same_look_and_grain_of_their_own(image):
    steady, noisy = (
        ShiftTaskAppearance(prob=1, noise=0),
        ShiftTaskAppearance(prob=1, blur=0, noise=30),
    )
    assert all(
        np.array_equal(run(steady, image, task, 0), run(steady, image, task, 1))
        for task in range(10)
    )
    different = {run(steady, image, task).tobytes() for task in range(10)}
    assert len(different) == 10
    grainy = [
        not np.array_equal(run(noisy, image, t, 0), run(noisy, image, t, 1)) for t in range(40)
    ]
    assert 10 < sum(grainy) < 30  # half of the tasks


def test_light_is_a_gain_of_each_channel_within_its_bounds(image):
    transform = ShiftTaskAppearance(prob=1, brightness=(0.5, 0.8), colour=1.2, blur=0, noise=0)
    image[:] = 100
    gains = np.array([run(transform, image, task)[0, 0] / 100 for task in range(200)])
    assert all(
        len(np.unique(run(transform, image, t).reshape(-1, 3), axis=0)) == 1 for t in (0, 1)
    )
    assert 0.5 / 1.2 - 0.01 <= gains.min() < 0.47
    assert 0.9 < gains.max() <= 0.8 * 1.2 + 0.01
    assert gains.std(axis=1).max() > 0.05


def test_blur_is_in_heights_of_the_image(image):
    transform = ShiftTaskAppearance(prob=1, brightness=(1, 1), colour=1, blur=0.05, noise=0)
    tall = cv2.resize(image, (64, 128), interpolation=cv2.INTER_NEAREST)
    differ = []
    for task in range(20):
        small, large = run(transform, image, task), run(transform, tall, task)
        back = cv2.resize(large, (32, 64), interpolation=cv2.INTER_AREA)
        if not np.array_equal(small, image):
            differ.append(np.abs(back.astype(int) - small).mean())
    # In grey levels, of which the image has a standard deviation of 46; the weakest blurs are
    # narrower than a pixel.
    assert np.median(differ) < 1
    changed = [not np.array_equal(run(transform, image, task), image) for task in range(40)]
    assert 10 < sum(changed) < 30


def test_noise_has_the_strength_that_was_drawn(image):
    transform = ShiftTaskAppearance(prob=1, brightness=(1, 1), colour=1, blur=0, noise=10)
    image[:] = 128
    spread = np.array([run(transform, image, task).std() for task in range(200)])
    assert 9 < spread.max() < 10.3
    assert 80 < (spread < 0.3).sum() < 125


@pytest.mark.parametrize(('prob', 'changed'), [(0, 0), (1, 30)])
def test_probability(image, prob, changed):
    transform = ShiftTaskAppearance(prob=prob, colour=2)
    assert sum(not np.array_equal(run(transform, image, t), image) for t in range(30)) == changed


def test_without_a_task_every_image_has_its_own_look(image):
    transform = ShiftTaskAppearance(prob=1, noise=0)
    results = [
        transform({'img': image.copy(), 'rng': np.random.default_rng(seed)})['img'].mean()
        for seed in range(5)
    ]
    assert len(set(results)) == 5


@pytest.mark.parametrize(
    ('kwargs', 'message'),
    [
        ({'prob': 1.5}, 'prob=1.5'),
        ({'brightness': (0, 1)}, r'brightness=\(0, 1\)'),
        ({'brightness': (2, 1)}, 'brightness'),
        ({'colour': 0.5}, 'colour=0.5'),
        ({'noise': -1}, 'noise=-1'),
    ],
)
def test_arguments_out_of_range(kwargs, message):
    with pytest.raises(ValueError, match=message):
        ShiftTaskAppearance(**kwargs)


def test_pixels_are_those_of_plain_arithmetic(image):
    """Products in single precision, halves to even: what a training sees follows the seed."""
    transform = ShiftTaskAppearance(prob=1, brightness=(0.5, 2), noise=40)
    for task in range(30):
        rng = np.random.default_rng(task)
        rng.random()
        reach = np.log(transform.colour)
        gain = rng.uniform(*np.log(transform.brightness)) + rng.uniform(-reach, reach, 3)
        blur, noise = rng.uniform(0, (transform.blur, 40)) * (rng.random(2) < 0.5)
        expected = image.astype(np.float32) * np.exp(gain).astype(np.float32)
        if blur > 0:
            expected = cv2.GaussianBlur(expected, (0, 0), blur * 64)
        if noise > 0:
            grain = np.random.default_rng(5).standard_normal(expected.shape, np.float32)
            expected = expected + np.float32(noise) * grain
        expected = np.clip(np.rint(expected), 0, 255).astype(np.uint8)
        np.testing.assert_array_equal(run(transform, image, task, 5), expected)
