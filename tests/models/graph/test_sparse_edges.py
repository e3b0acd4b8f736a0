"""Edges of a graph against sets computed by hand and by sorting."""

import math

import pytest
import torch

from mmmaml.models.graph import SparseEdges, joined_edges, nearest_edges
from mmmaml.models.graph.sparse_edges import box_overlaps


def pairs(edges: SparseEdges) -> set[tuple[int, int]]:
    found = list(zip(edges.former.tolist(), edges.current.tolist(), strict=True))
    assert len(set(found)) == len(found)  # each pair once
    return set(found)


def test_the_features_of_an_edge_by_hand() -> None:
    former = torch.tensor([[10.0, 20, 30, 60]])  # centre 20, 40; 20 wide and 40 high
    current = torch.tensor([[20.0, 20, 60, 100]])  # centre 40, 60; 40 wide and 80 high
    edges = nearest_edges(former, current, torch.tensor([[0.3]]), 10)
    assert pairs(edges) == {(0, 0)}
    iou = (10 * 40) / (20 * 40 + 40 * 80 - 10 * 40)
    expected = [20 / 60, 20 / 60, math.log(2), math.log(2), 0.3, iou]
    torch.testing.assert_close(edges.features, torch.tensor([expected]))


def test_far_apart_is_ten_heights_and_no_box_is_thinner_than_a_pixel() -> None:
    former = torch.tensor([[0.0, 0, 10, 10]])
    current = torch.tensor([[900.0, -300, 895, -310]])  # of an untrained network
    [[dx, dy, width, height, *_]] = nearest_edges(
        former, current, torch.zeros(1, 1), 1
    ).features.tolist()
    assert (dx, dy) == (10, -10)
    assert width == height == pytest.approx(math.log(0.1))


def test_each_way_of_being_near_gives_its_edges() -> None:
    # Four people in a row, of whom each way finds another.
    former = torch.tensor([[0.0, 0, 10, 10]])
    current = torch.tensor(
        [
            [-20.0, -20, 30, 30],  # overlaps a little
            [12.0, 0, 20, 10],  # is near
            [500.0, 0, 510, 10],  # looks alike
            [300.0, 0, 310, 10],  # none of these
        ]
    )
    cosines = torch.tensor([[0.1, 0.2, 0.9, 0.3]])
    # Each of the four has the only former node as its nearest by cosine and distance.
    assert pairs(nearest_edges(former, current, cosines, 1)) == {(0, i) for i in range(4)}
    # Three former nodes at the place of the last: only the first has edges to the others.
    former = torch.cat([former, current[3:].repeat(3, 1)])
    cosines = torch.cat([cosines, torch.tensor([[0, 0, 0, 0.8]]).repeat(3, 1)])
    found = pairs(nearest_edges(former, current, cosines, 1))
    assert {(0, 0), (0, 1), (0, 2)} <= found
    assert (0, 3) not in found
    assert (1, 3) in found


@pytest.mark.parametrize('number', [1, 2, 5, 50])
def test_edges_of_a_crowd_are_those_of_sorting(number: int) -> None:
    gen = torch.Generator().manual_seed(number)
    corner, size = (torch.rand(20, 2, generator=gen) * scale for scale in (80, 40))
    boxes = torch.cat([corner, corner + size + 1], 1)
    former, current = boxes[:8], boxes[8:]
    cosines = torch.rand(8, 12, generator=gen)
    overlap = box_overlaps(former, current)
    centres = (boxes[:, :2] + boxes[:, 2:]) / 2
    distance = (centres[:8, None] - centres[None, 8:]).norm(dim=2)
    expected = set()
    for near in (overlap, cosines, -distance):
        for i in range(8):
            best = near[i].argsort(descending=True)[:number].tolist()
            expected |= {(i, j) for j in best if near is not overlap or near[i, j] > 0}
        for j in range(12):
            best = near[:, j].argsort(descending=True)[:number].tolist()
            expected |= {(i, j) for i in best if near is not overlap or near[i, j] > 0}
    assert pairs(nearest_edges(former, current, cosines, number)) == expected


def test_nobody_has_no_edges() -> None:
    boxes = torch.tensor([[0.0, 0, 10, 10]])
    for first, second in ((boxes[:0], boxes), (boxes, boxes[:0]), (boxes[:0], boxes[:0])):
        edges = nearest_edges(first, second, torch.zeros(len(first), len(second)), 10)
        assert edges.features.shape == (0, 6)


def test_graphs_are_joined_side_by_side() -> None:
    one = SparseEdges(torch.tensor([0, 1]), torch.tensor([2, 0]), torch.ones(2, 6))
    two = SparseEdges(torch.tensor([0]), torch.tensor([1]), torch.zeros(1, 6))
    joined = joined_edges([one, two], [2, 4], [3, 5])
    assert joined.former.tolist() == [0, 1, 2]
    assert joined.current.tolist() == [2, 0, 4]
    assert joined.features[:, 0].tolist() == [1, 1, 0]


def test_gradients_reach_the_appearance() -> None:
    cosines = torch.rand(2, 3, requires_grad=True)
    boxes = torch.tensor([[0.0, 0, 10, 10]])
    nearest_edges(boxes.repeat(2, 1), boxes.repeat(3, 1), cosines, 5).features.sum().backward()
    assert torch.equal(cosines.grad, torch.ones(2, 3))
