"""Noisy views of people."""

import numpy as np

from mmmaml.datasets.tracking.detection_noise import ViewMaker, noisy_view

CROP = np.full((64, 32, 3), 100, dtype=np.uint8)
BRIGHT = np.full((40, 30, 3), 250, dtype=np.uint8)


def test_the_visible_share_is_that_of_the_person() -> None:
    for seed in range(20):
        view, visible = noisy_view(CROP, BRIGHT, np.random.default_rng(seed))
        assert view.shape == CROP.shape
        assert view.dtype == np.uint8
        hidden = (view.mean(2) > 175).mean()
        assert 0 < hidden < 0.7
        assert abs(1 - hidden - visible) < 0.08


def test_without_another_all_is_visible() -> None:
    view, visible = noisy_view(CROP, None, np.random.default_rng(0))
    assert visible == 1
    assert view.max() < 175


def test_the_first_view_is_the_image_and_nobody_hides_himself() -> None:
    maker = ViewMaker(2)
    views, visible = maker.views(CROP, person=0)
    assert views[0] is CROP
    assert visible.tolist() == [1, 1, 1]
    maker.views(BRIGHT, person=0)
    assert maker.views(CROP, person=0)[1].tolist() == [1, 1, 1]
    visible = maker.views(BRIGHT, person=1)[1]
    assert visible[:2].tolist() == [1, 1]
    assert visible[2] < 1


def test_views_follow_from_the_seed() -> None:
    one, two = (ViewMaker(3, seed=5).views(CROP, 0)[0] for _ in range(2))
    assert all(np.array_equal(a, b) for a, b in zip(one, two, strict=True))
    assert not np.array_equal(one[1], one[3])
