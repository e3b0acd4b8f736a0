"""Density maps against SciPy, scikit-image and counting by hand."""

import numpy as np
import pytest
import torch
from scipy.ndimage import gaussian_filter
from skimage.metrics import structural_similarity as reference_similarity

from mmmaml.models.dense_heads.density_maps import (
    people_map,
    spread,
    structural_similarity,
    window_counts,
)


def random_points(number: int, seed: int = 0) -> torch.Tensor:
    """Two maps of 24 x 40 cells with people anywhere, also two in a cell."""
    random = np.random.default_rng(seed)
    points = torch.zeros(2, 1, 24, 40)
    for image, y, x in zip(
        random.integers(0, 2, number),
        random.integers(0, 24, number),
        random.integers(0, 40, number),
        strict=True,
    ):
        points[image, 0, y, x] += 1
    return points


def test_the_sum_of_a_density_map_is_the_number_of_people() -> None:
    points = random_points(30)
    points[0, 0, 0, 0] = points[0, 0, 23, 39] = 3  # in corners
    density = spread(points, 2.0)
    torch.testing.assert_close(density.sum((1, 2, 3)), points.sum((1, 2, 3)))
    assert density.min() >= 0


def test_far_from_the_border_it_is_a_gaussian() -> None:
    points = torch.zeros(1, 1, 41, 41)
    points[0, 0, 20, 18] = 2
    expected = gaussian_filter(points[0, 0].numpy(), 2.0, radius=9, mode='constant')
    np.testing.assert_allclose(spread(points, 2.0)[0, 0].numpy(), expected, atol=1e-7)


def test_windows_are_counted_about_each_cell() -> None:
    points = random_points(50)
    counts = window_counts(points, 5)
    for image, y, x in [(0, 0, 0), (1, 12, 20), (0, 23, 39), (1, 1, 38)]:
        part = points[image, 0, max(y - 2, 0) : y + 3, max(x - 2, 0) : x + 3]
        assert counts[image, 0, y, x].item() == pytest.approx(part.sum().item(), abs=1e-4)


@pytest.mark.parametrize('data_range', [1.0, 4.0])
def test_similarity_is_that_of_scikit_image(data_range: float) -> None:
    random = np.random.default_rng(0)
    one, other = random.random((2, 3, 1, 30, 26)) * data_range
    other = 0.7 * one + 0.3 * other
    expected = [
        reference_similarity(
            a[0],
            b[0],
            data_range=data_range,
            gaussian_weights=True,
            sigma=1.5,
            use_sample_covariance=False,
        )
        for a, b in zip(one, other, strict=True)
    ]
    got = structural_similarity(torch.from_numpy(one), torch.from_numpy(other), data_range)
    assert got.item() == pytest.approx(np.mean(expected), abs=1e-9)
    assert structural_similarity(torch.from_numpy(one), torch.from_numpy(one)) == 1


def test_maps_smaller_than_the_window_compare() -> None:
    one, other = torch.rand(2, 2, 1, 8, 6)
    assert 0 < structural_similarity(one, one * 0.9) < 1
    assert structural_similarity(one, other) < structural_similarity(one, one * 0.9)


def test_detected_people_count_one_with_the_gradient_of_their_score() -> None:
    heatmap = torch.full((1, 1, 5, 5), 0.05)
    heatmap[0, 0, 1, 1], heatmap[0, 0, 1, 2], heatmap[0, 0, 4, 4] = 0.9, 0.8, 0.3
    heatmap.requires_grad_()
    people = people_map(heatmap, 0.4)
    expected = torch.zeros(5, 5)
    expected[1, 1] = 1
    assert torch.equal(people[0, 0], expected)
    people.sum().backward()
    assert torch.equal(heatmap.grad[0, 0], expected)
