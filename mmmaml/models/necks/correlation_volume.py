"""Correlation of cells with their neighbourhoods in another map."""

from collections.abc import Iterator

import torch
from torch import Tensor
from torch.nn import functional as F


def local_correlation(query: Tensor, reference: Tensor, radius: int) -> Tensor:
    """Compute the scalar products of cells with those about the same place.

    One neighbour after the other, so that no map of all neighbours' features is made.

    Args:
        query: (N, D, H, W).
        reference: (N, D, H, W).
        radius: R; neighbours are up to R cells away along each axis.

    Returns:
        (N, K, H, W) for the K = (2R + 1)² neighbours, row by row; 0 with those outside the map.
    """
    return torch.stack([(query * each).sum(1) for each in _shifted(reference, radius)], dim=1)


def local_average(weights: Tensor, values: Tensor, radius: int) -> Tensor:
    """Average the features of neighbours.

    Args:
        weights: (N, K, H, W), neighbours as of :func:`local_correlation`.
        values: (N, C, H, W).
        radius: R.

    Returns:
        (N, C, H, W).
    """
    parts = (
        weight[:, None] * each
        for weight, each in zip(weights.unbind(1), _shifted(values, radius), strict=True)
    )
    total = next(parts)
    for part in parts:
        total = total + part
    return total


def neighbours_inside(size: tuple[int, int], radius: int, like: Tensor) -> Tensor:
    """Tell the neighbours that lie in a map of H x W cells, (K, H, W) bool on a device."""
    ones = like.new_ones(1, 1, *size)
    return local_correlation(ones, ones, radius)[0] > 0


def _shifted(maps: Tensor, radius: int) -> Iterator[Tensor]:
    """Yield (N, C, H, W) of each neighbour, views of one padded map."""
    height, width = maps.shape[-2:]
    padded = F.pad(maps, (radius,) * 4)
    for y in range(2 * radius + 1):
        for x in range(2 * radius + 1):
            yield padded[..., y : y + height, x : x + width]
