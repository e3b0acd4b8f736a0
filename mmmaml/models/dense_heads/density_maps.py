"""Density maps of crowds: targets, what detections would give, and how alike two maps are."""

import torch
from mmdet.models.utils import get_local_maximum
from torch import Tensor
from torch.nn import functional as F

SSIM_WINDOW, SSIM_SIGMA = 11, 1.5
"""Of Wang et al., Image Quality Assessment, 2004."""


def gaussian_kernel(sigma: float, size: int, like: Tensor) -> Tensor:
    """Return a Gaussian (size,) about its middle, of sum 1, on the device of a tensor."""
    steps = torch.arange(size, device=like.device, dtype=like.dtype) - (size - 1) / 2
    values = (-(steps**2) / (2 * sigma**2)).exp()
    return values / values.sum()


def blur(maps: Tensor, kernel: Tensor) -> Tensor:
    """Convolve maps (B, 1, H, W) with a kernel (K,), K odd, along both axes; 0 outside."""
    reach = len(kernel) // 2
    rows = F.conv2d(maps, kernel.view(1, 1, 1, -1), padding=(0, reach))
    return F.conv2d(rows, kernel.view(1, 1, -1, 1), padding=(reach, 0))


def spread(points: Tensor, sigma: float) -> Tensor:
    """Spread each point over its surroundings, so that the sum of the map stays.

    Args:
        points: (B, 1, H, W) people in each cell.
        sigma: Standard deviation of the Gaussian in cells; it ends at 4.5 of them.

    Returns:
        (B, 1, H, W) people per cell. What would fall outside of the map is shared out inside.
    """
    kernel = gaussian_kernel(sigma, 2 * round(4.5 * sigma) + 1, points)
    # The part of each Gaussian that lies inside; the kernel is symmetric.
    inside = blur(torch.ones_like(points), kernel)
    return blur(points / inside, kernel)


def people_map(heatmap: Tensor, score_thr: float) -> Tensor:
    """Return a map of detected people, 1 at each peak, with the gradients of their scores.

    Args:
        heatmap: (B, 1, H, W) scores within [0, 1]; a peak is the highest of its 3 x 3
            neighbours.
        score_thr: Peaks count above it.
    """
    scores = get_local_maximum(heatmap)
    scores = scores * (scores > score_thr)
    return scores + ((scores > 0).to(scores) - scores).detach()


def window_counts(density: Tensor, window: int) -> Tensor:
    """Count the people of the window (odd) about every cell of (B, 1, H, W); 0 outside."""
    return F.avg_pool2d(density, window, stride=1, padding=window // 2) * window**2


def structural_similarity(maps: Tensor, others: Tensor, data_range: float = 1.0) -> Tensor:
    """Compute SSIM (Wang et al. 2004) of maps (B, 1, H, W), its mean over cells and images.

    Windows that reach over the border are left out, as there is nothing beyond; maps smaller
    than the window are compared by a window of their own size.

    Args:
        maps: Maps.
        others: What they are compared with.
        data_range: Difference of the largest and the smallest possible value.
    """
    size = min(SSIM_WINDOW, *maps.shape[-2:])
    kernel = gaussian_kernel(SSIM_SIGMA, size, maps)

    def mean(values: Tensor) -> Tensor:
        rows = F.conv2d(values, kernel.view(1, 1, 1, -1))
        return F.conv2d(rows, kernel.view(1, 1, -1, 1))

    mean_x, mean_y = mean(maps), mean(others)
    var_x = mean(maps**2) - mean_x**2
    var_y = mean(others**2) - mean_y**2
    covariance = mean(maps * others) - mean_x * mean_y
    c1, c2 = (0.01 * data_range) ** 2, (0.03 * data_range) ** 2
    similarity = (2 * mean_x * mean_y + c1) * (2 * covariance + c2)
    similarity = similarity / ((mean_x**2 + mean_y**2 + c1) * (var_x + var_y + c2))
    return similarity.mean()
