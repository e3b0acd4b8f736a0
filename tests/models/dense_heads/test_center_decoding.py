"""Peaks, boxes and features of maps."""

import pytest
import torch
from torch import Tensor, nn

from mmmaml.models.dense_heads.center_decoding import (
    center_cells,
    convolve_at,
    decode_centers,
    gather_cells,
    to_original_image,
)
from mmmaml.models.dense_heads.center_targets import encode_centers


def maps_of(
    bboxes: Tensor, images: Tensor, size: tuple[int, int, int], stride: int
) -> tuple[Tensor, Tensor, Tensor, int]:
    """Maps of a perfect head for boxes, and the number of these."""
    targets = encode_centers(bboxes, images, torch.zeros(len(bboxes)).long(), size, stride)
    boxes, offsets = (torch.zeros(size[0], c, *size[1:]) for c in (4, 2))
    for maps, values in ((boxes, targets.boxes), (offsets, targets.offsets)):
        image, index = targets.cells // (size[1] * size[2]), targets.cells % (size[1] * size[2])
        maps.flatten(2)[image, :, index] = values
    return targets.heatmap, boxes, offsets, len(targets.cells)


@pytest.mark.parametrize(
    ('size', 'stride'), [((3, 20, 30), 4), ((1, 152, 272), 4), ((2, 12, 10), 8)]
)
def test_boxes_encoded_and_decoded_return_to_themselves(
    size: tuple[int, int, int], stride: int
) -> None:
    gen = torch.Generator().manual_seed(0)
    limit = torch.tensor([size[2], size[1]]) * stride
    centers = torch.rand(25, 2, generator=gen) * limit
    half = (torch.rand(25, 2, generator=gen) * 0.4 + 0.01) * limit  # beyond the border, too
    bboxes = torch.cat([centers - half, centers + half], 1)
    images = torch.randint(size[0], (25,), generator=gen)
    *maps, number = maps_of(bboxes, images, size, stride)
    assert number >= 20  # others share a cell
    found = decode_centers(*maps, stride, max_per_img=60)
    peaks = found.scores == 1
    assert peaks.sum() == number
    image, _ = torch.nonzero(peaks, as_tuple=True)
    distance = (found.bboxes[peaks][:, None] - bboxes).abs().amax(-1)
    distance[image[:, None] != images] = torch.inf
    nearest = distance.min(1)
    assert nearest.values.max() < 1e-3  # pixels
    assert len(set(nearest.indices.tolist())) == number


def test_a_peak_is_the_highest_of_its_neighbours_by_hand() -> None:
    heatmap = torch.zeros(1, 1, 4, 5)
    heatmap[0, 0, 1, 1], heatmap[0, 0, 1, 2], heatmap[0, 0, 3, 4] = 0.9, 0.8, 0.3
    boxes = torch.arange(4.0).view(1, 4, 1, 1).expand(1, 4, 4, 5)
    offsets = torch.full((1, 2, 4, 5), 0.5)
    found = decode_centers(heatmap, boxes, offsets, stride=4, max_per_img=2)
    assert found.scores.tolist() == [[pytest.approx(0.9), pytest.approx(0.3)]]
    assert found.cells.tolist() == [[6, 19]]
    # Centres (1.5, 1.5) and (4.5, 3.5) cells; edges 0, 1, 2, 3 cells away.
    assert found.bboxes.tolist() == [[[6, 2, 14, 18], [18, 10, 26, 26]]]


def test_maps_smaller_than_the_number_of_peaks() -> None:
    heatmap = torch.rand(2, 1, 3, 3)
    found = decode_centers(heatmap, torch.rand(2, 4, 3, 3), torch.rand(2, 2, 3, 3), 4, 500)
    assert found.bboxes.shape == (2, 9, 4)
    assert (found.scores[:, 1:] <= found.scores[:, :-1]).all()


def test_back_to_the_original_image_by_hand() -> None:
    """An image of 200 x 50 halved to 100 x 25, in the middle of 100 x 50."""
    boxes = torch.tensor([[10.0, 12.0, 60.0, 37.0]])
    meta = {'scale_factor': (0.5, 0.5), 'pad_param': (12, 13, 0, 0)}
    assert to_original_image(boxes, meta).tolist() == [[20, 0, 120, 50]]
    assert to_original_image(boxes, {}).tolist() == boxes.tolist()
    uneven = to_original_image(boxes, {'scale_factor': (0.5, 0.25), 'pad_param': (0, 0, 4, 0)})
    assert uneven.tolist() == [[12, 48, 112, 148]]


def test_values_at_cells() -> None:
    maps = torch.randn(2, 3, 4, 5)
    cells = torch.tensor([0, 7, 39, 7])
    expected = torch.stack(
        [maps[0, :, 0, 0], maps[0, :, 1, 2], maps[1, :, 3, 4], maps[0, :, 1, 2]]
    )
    assert torch.equal(gather_cells(maps, cells), expected)


def test_cells_of_points() -> None:
    points = torch.tensor([[[0.0, 0.0], [7.9, 4.0]], [[19.9, 15.9], [300.0, -5.0]]])
    assert center_cells(points, (2, 4, 5), 4).tolist() == [[0, 6], [39, 24]]


@pytest.mark.parametrize('memory_format', [torch.contiguous_format, torch.channels_last])
def test_a_convolution_at_cells_is_that_of_the_map(memory_format: torch.memory_format) -> None:
    torch.manual_seed(0)
    conv = nn.Conv2d(3, 6, 3, padding=1).double().to(memory_format=memory_format)
    maps = torch.randn(2, 3, 4, 5, dtype=torch.float64).to(memory_format=memory_format)
    maps.requires_grad_()
    cells = torch.tensor([0, 4, 19, 20, 27, 39, 27])  # corners, borders, one twice
    dense = gather_cells(conv(maps), cells)
    sparse = convolve_at(conv, maps, cells)
    torch.testing.assert_close(sparse, dense)
    wanted = [maps, *conv.parameters()]
    for got, expected in zip(
        torch.autograd.grad(sparse.square().sum(), wanted),
        torch.autograd.grad(dense.square().sum(), wanted),
        strict=True,
    ):
        torch.testing.assert_close(got, expected)
    assert convolve_at(conv, maps, cells[:0]).shape == (0, 6)
