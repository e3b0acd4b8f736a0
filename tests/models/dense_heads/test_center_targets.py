"""Targets of a centre head: by hand, and against mmdet's box-by-box functions."""

import pytest
import torch
from mmdet.models.utils import gaussian_radius, gen_gaussian_target
from torch import Tensor

from mmmaml.models.dense_heads.center_targets import (
    CenterTargets,
    draw_gaussians,
    encode_centers,
    gaussian_radii,
)

STRIDE, SIZE = 4, (2, 20, 30)  # frames of 120 x 80 pixels


def encode(*boxes: tuple[float, ...], images: list[int] | None = None) -> CenterTargets:
    bboxes = torch.tensor(boxes, dtype=torch.float32).view(-1, 4)
    images = [0] * len(boxes) if images is None else images
    identities = torch.arange(len(boxes)) + 10
    return encode_centers(bboxes, torch.tensor(images, dtype=torch.long), identities, SIZE, STRIDE)


def cell(image: int, x: int, y: int) -> int:
    return (image * SIZE[1] + y) * SIZE[2] + x


def random_boxes(number: int, seed: int = 0) -> tuple[Tensor, Tensor]:
    gen = torch.Generator().manual_seed(seed)
    centers = torch.rand(number, 2, generator=gen) * torch.tensor([119.0, 79.0])
    half = torch.rand(number, 2, generator=gen) * torch.tensor([30.0, 40.0]) + 0.6
    images = torch.randint(SIZE[0], (number,), generator=gen)
    return torch.cat([centers - half, centers + half], 1), images


def test_one_box_by_hand() -> None:
    targets = encode((8, 12, 26, 46), images=[1])
    # Centre (17, 29) pixels, (4.25, 7.25) cells; 4.5 x 8.5 cells.
    assert targets.cells.tolist() == [cell(1, 4, 7)]
    assert targets.boxes.tolist() == [[2.25, 4.25, 2.25, 4.25]]
    assert targets.offsets.tolist() == [[0.25, 0.25]]
    assert targets.identities.tolist() == [10]
    assert targets.heatmap.shape == (2, 1, 20, 30)
    assert not targets.heatmap[0].any()
    # Smallest of the three radii for an IoU of 0.3: 1.54, of a box shifted along both axes.
    sigma = 3 / 6
    near = torch.exp(torch.tensor(-1 / (2 * sigma**2)))
    expected = torch.zeros(20, 30)
    expected[6:9, 3:6] = near**2
    expected[7, 3:6] = expected[6:9, 4] = near
    expected[7, 4] = 1
    torch.testing.assert_close(targets.heatmap[1, 0], expected)


def test_no_box_gives_empty_targets() -> None:
    targets = encode()
    assert not targets.heatmap.any()
    assert [len(t) for t in (targets.cells, targets.boxes, targets.offsets)] == [0, 0, 0]


def test_boxes_without_area_or_with_an_invisible_centre_are_left_out() -> None:
    targets = encode(
        (10, 10, 10, 40),  # no width
        (20, 40, 10, 50),  # right edge left of the left one
        (-30, 0, 29.9, 40),  # centre just left of the image
        (110, 0, 130, 40),  # centre at x = 120, the first pixel outside
        (100, 60, 139.8, 99.8),  # centre (119.9, 79.9): the last cell
    )
    assert targets.cells.tolist() == [cell(0, 29, 19)]
    assert targets.identities.tolist() == [14]
    assert targets.heatmap.sum() == targets.heatmap[0, 0, 14:, 24:].sum()


def test_of_centres_in_one_cell_the_person_in_front_has_it() -> None:
    behind, front = (40, 20, 50, 44), (38, 8, 51, 57)  # both centred in cell (11, 8)
    for order in ((behind, front), (front, behind)):
        targets = encode(*order)
        assert targets.cells.tolist() == [cell(0, 11, 8)]
        assert targets.identities.tolist() == [10 + order.index(front)]
        assert targets.boxes[0].tolist() == [6.5 / 4, 24.5 / 4, 6.5 / 4, 24.5 / 4]
        both = torch.maximum(encode(behind).heatmap, encode(front).heatmap)
        assert torch.equal(targets.heatmap, both)
    equal = encode(behind, behind, front, images=[0, 0, 1])
    assert equal.identities.tolist() == [10, 12]  # of equals the first; other images do not count


def test_radii_are_those_of_mmdet() -> None:
    sizes = torch.rand(200, 2, dtype=torch.float64) * 40 + 0.1
    for overlap in (0.1, 0.3, 0.7):
        expected = [gaussian_radius((h, w), overlap) for w, h in sizes.tolist()]
        torch.testing.assert_close(
            gaussian_radii(sizes, overlap), torch.tensor(expected, dtype=torch.float64)
        )


def test_heatmaps_are_those_of_mmdet() -> None:
    gen = torch.Generator().manual_seed(0)
    cells = torch.stack([torch.randint(n, (40,), generator=gen) for n in (30, 20)], 1)
    radii = torch.randint(12, (40,), generator=gen)
    images = torch.randint(2, (40,), generator=gen)
    expected = torch.zeros(2, 1, 20, 30)
    for center, radius, image in zip(cells.tolist(), radii.tolist(), images, strict=True):
        gen_gaussian_target(expected[image, 0], center, radius)
    got = draw_gaussians(cells, radii, images, SIZE)
    torch.testing.assert_close(got, expected, rtol=0, atol=1e-6)
    assert torch.equal(got == 1, expected == 1)


@pytest.mark.parametrize('seed', [0, 1])
def test_many_boxes_one_by_one(seed: int) -> None:
    bboxes, images = random_boxes(60, seed)
    whole = encode_centers(bboxes, images, torch.arange(60), SIZE, STRIDE)
    single = [
        encode_centers(bboxes[i : i + 1], images[i : i + 1], torch.tensor([i]), SIZE, STRIDE)
        for i in range(60)
    ]
    heatmap = torch.stack([each.heatmap for each in single]).amax(0)
    assert torch.equal(whole.heatmap, heatmap)
    assert len(set(whole.cells.tolist())) == len(whole.cells) < 60
    for i, identity in enumerate(whole.identities.tolist()):
        alone = single[identity]
        assert whole.cells[i] == alone.cells[0]
        torch.testing.assert_close(whole.boxes[i], alone.boxes[0])
        torch.testing.assert_close(whole.offsets[i], alone.offsets[0])
