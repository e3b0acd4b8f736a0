"""People of a task in front of each other."""

import numpy as np
import pytest

from mmmaml.datasets.transforms import PasteOccluders

WAYS, SHOTS, HEIGHT, WIDTH = 4, 3, 40, 20


@pytest.fixture
def images():
    """Images of one grey level each, by which they are known."""
    levels = 20 * np.arange(1, WAYS * SHOTS + 1, dtype=np.uint8).reshape(WAYS, SHOTS)
    return np.broadcast_to(levels[..., None, None, None], (WAYS, SHOTS, HEIGHT, WIDTH, 3)).copy()


def paste(images, seed=0, **kwargs):
    results = {'img': images, 'rng': np.random.default_rng(seed)}
    return PasteOccluders(**kwargs).transform(results)['img']


def test_images_get_the_middle_of_an_image_of_another_way(images):
    ways_in_front = set()
    for seed in range(20):
        out = paste(images, seed, prob=1, side=(0, 0), down=(0, 0))
        for way in range(WAYS):
            for shot in range(SHOTS):
                image, own = out[way, shot].astype(int), int(images[way, shot, 0, 0, 0])
                other = image[HEIGHT // 2, WIDTH // 2, 0]
                above_head = np.abs(image[0] - own)
                assert (above_head <= 1 + 0.2 * abs(other - own)).all()
                assert (np.abs(image[:, [0, -1]] - own) <= 1).all()  # beside the person
                front = np.argwhere(images[..., 0, 0, 0] == other)
                assert len(front) == 1
                assert front[0, 0] != way
                ways_in_front.add((way, int(front[0, 0])))
    assert len(ways_in_front) == WAYS * (WAYS - 1)


def test_the_other_person_is_moved_to_both_sides_and_down(images):
    images[:] = images[:, :1]
    sides = set()
    for seed in range(10):
        out = paste(images, seed, prob=1, side=(0.5, 0.5), down=(0.25, 0.25)).astype(int)
        assert (out[:, :, : HEIGHT // 4] == images[:, :, : HEIGHT // 4]).all()
        changed = np.abs(out - images)[..., HEIGHT // 2 :, :, 0].max(axis=2) > 1
        middle = WIDTH // 2
        for each in changed.reshape(-1, WIDTH):
            left, right = each[: middle - 5].any(), each[middle + 5 :].any()
            assert left != right
            sides.add(bool(left))
            # Half of a person who is 0.6 crops wide is in the picture.
            assert 0.25 * WIDTH <= each.sum() <= 0.45 * WIDTH
    assert sides == {True, False}


def test_as_many_images_are_occluded_as_asked_and_no_input_is_changed(images):
    before, counts = images.copy(), []
    for seed in range(200):
        out = paste(images, seed, prob=0.3, side=(0, 0))
        counts.append((out != images).any(axis=(2, 3, 4)).mean())
    assert np.mean(counts) == pytest.approx(0.3, abs=0.03)
    assert np.array_equal(images, before)
    assert paste(images, prob=0) is images


def test_it_depends_on_the_generator_alone(images):
    assert np.array_equal(paste(images, 3), paste(images, 3))
    assert not np.array_equal(paste(images, 3, prob=1), paste(images, 4, prob=1))


def test_one_way_has_nobody_to_stand_in_front(images):
    assert np.array_equal(paste(images[:1], prob=1), images[:1])


@pytest.mark.parametrize(
    ('argument', 'words'),
    [
        ({'prob': 1.5}, 'prob=1.5 must be between 0 and 1'),
        ({'side': (0.8, 0.2)}, r'side=\(0.8, 0.2\) must be \(least, greatest\), from 0 to 1'),
        ({'side': (-0.1, 0.2)}, 'side'),
        ({'down': (0.0, 1.2)}, r'down=\(0.0, 1.2\) must be \(least, greatest\), from -1 to 1'),
    ],
)
def test_arguments_out_of_range_are_named(argument, words):
    with pytest.raises(ValueError, match=words):
        PasteOccluders(**argument)
