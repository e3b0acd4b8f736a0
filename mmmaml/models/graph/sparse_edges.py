"""Edges between the nodes of two frames, where one person may be behind both.

Hyun et al., Detection Recovery in Online Multi-Object Tracking with Sparse Graph Tracker, WACV
2023, arXiv:2205.00968.
"""

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor

EDGE_FEATURES = 6
"""Numbers that an edge starts with: dx, dy, log ratios of width and height, cosine, IoU."""

_FARTHEST = 10.0
_SMALLEST_SIDE = 1.0


class SparseEdges(NamedTuple):
    """E pairs of one of T former and one of N current nodes, each pair once.

    Attributes:
        former: (E,) int64 node of the former frame, or track.
        current: (E,) int64 node of the current frame.
        features: (E, 6) differences of the centres, x and y, in mean heights of the two boxes, at
            most 10 either way; logarithms of the ratios of width and height, current to former;
            cosine of the appearance; IoU.
    """

    former: Tensor
    current: Tensor
    features: Tensor


def nearest_edges(
    former_boxes: Tensor, boxes: Tensor, cosines: Tensor, num_nearest: int
) -> SparseEdges:
    """Connect every node with those of the other frame that are nearest to it.

    Near are the ``num_nearest`` of largest IoU above 0, those of largest cosine and those of
    least distance of the centres. A pair is connected if either of the two is near to the other.

    Args:
        former_boxes: (T, 4) xyxy in pixels.
        boxes: (N, 4) likewise.
        cosines: (T, N) of the appearance; gradients flow through them.
        num_nearest: Nodes of each kind of nearness; fewer if there are fewer.
    """
    former_boxes, boxes = former_boxes.to(cosines), boxes.to(cosines)
    overlap = box_overlaps(former_boxes, boxes)
    former_centres, centres = _centres(former_boxes), _centres(boxes)
    distance = torch.cdist(former_centres, centres)
    near = _largest(overlap, num_nearest) & (overlap > 0)
    near |= _largest(cosines.detach(), num_nearest) | _largest(-distance, num_nearest)
    former, current = near.nonzero(as_tuple=True)
    former_sizes, sizes = (
        _sizes(each)[rows] for each, rows in ((former_boxes, former), (boxes, current))
    )
    height = (former_sizes[:, 1:] + sizes[:, 1:]) / 2
    move = (centres[current] - former_centres[former]) / height
    features = torch.cat(
        [
            move.clamp(-_FARTHEST, _FARTHEST),
            (sizes / former_sizes).log(),
            cosines[former, current, None],
            overlap[former, current, None],
        ],
        dim=1,
    )
    return SparseEdges(former, current, features)


def joined_edges(
    edges: Sequence[SparseEdges], formers: Sequence[int], currents: Sequence[int]
) -> SparseEdges:
    """Join the edges of several graphs that are not connected with each other.

    Args:
        edges: Those of each graph.
        formers: Number of former nodes of each; those of all follow one another.
        currents: Number of current nodes of each, likewise.
    """
    first_former, first_current = (
        [sum(numbers[:graph]) for graph in range(len(edges))] for numbers in (formers, currents)
    )
    moved = [
        SparseEdges(each.former + former, each.current + current, each.features)
        for each, former, current in zip(edges, first_former, first_current, strict=True)
    ]
    return SparseEdges(*(torch.cat(parts) for parts in zip(*moved, strict=True)))


def box_overlaps(first: Tensor, second: Tensor) -> Tensor:
    """Return the intersection over union (T, N) of xyxy boxes (T, 4) and (N, 4)."""
    low = torch.maximum(first[:, None, :2], second[:, :2])
    high = torch.minimum(first[:, None, 2:], second[:, 2:])
    shared = (high - low).clamp_min(0).prod(-1)
    areas = [(each[:, 2:] - each[:, :2]).clamp_min(0).prod(-1) for each in (first, second)]
    return shared / (areas[0][:, None] + areas[1] - shared).clamp_min(1e-6)


def _largest(values: Tensor, number: int) -> Tensor:
    """Return (T, N) bool: the value is among the ``number`` largest of its row or column."""
    chosen = torch.zeros_like(values, dtype=torch.bool)
    for dim in (0, 1):
        best = values.topk(min(number, values.shape[dim]), dim).indices
        chosen.scatter_(dim, best, True)
    return chosen


def _centres(boxes: Tensor) -> Tensor:
    return (boxes[:, :2] + boxes[:, 2:]) / 2


def _sizes(boxes: Tensor) -> Tensor:
    """Return widths and heights (P, 2), of which those of untrained networks may be negative."""
    return (boxes[:, 2:] - boxes[:, :2]).clamp_min(_SMALLEST_SIDE)
