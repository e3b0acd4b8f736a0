"""Targets of a centre head for given boxes (Zhou et al., Objects as Points, 2019)."""

from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True)
class CenterTargets:
    """Targets of B images of H x W cells, M of which are the centre of somebody.

    Attributes:
        heatmap: (B, 1, H, W) a Gaussian about the centre of every box, 1 at its cell.
        cells: (M,) int64 indices into the B·H·W cells, each once.
        boxes: (M, 4) distances from the centre to left, top, right and bottom edge, in cells.
        offsets: (M, 2) x, y of the centre within its cell, in [0, 1).
        identities: (M,) int64, −1 if unknown.
        people: (M,) int64 boxes with the centre in this cell.
    """

    heatmap: Tensor
    cells: Tensor
    boxes: Tensor
    offsets: Tensor
    identities: Tensor
    people: Tensor


def encode_centers(
    bboxes: Tensor,
    images: Tensor,
    identities: Tensor,
    map_size: tuple[int, int, int],
    stride: int,
    min_overlap: float = 0.3,
) -> CenterTargets:
    """Encode the boxes of a batch, all at once.

    Boxes without area and those whose centre lies outside the image are left out. Of boxes with
    the centre in the same cell, the one that reaches lowest in the image, so the person nearest
    to the camera, has the cell; the others are in the heatmap only.

    Args:
        bboxes: (n, 4) x1, y1, x2, y2 in pixels of the input.
        images: (n,) image of each box, 0 to B − 1.
        identities: (n,) identity of each box, −1 if unknown.
        map_size: B, H, W of the map.
        stride: Pixels of the input a cell.
        min_overlap: IoU that a box of the same size keeps with the true one while its centre
            stays inside the Gaussian. Lower values widen the Gaussians.
    """
    scaled = bboxes.float() / stride
    centers = (scaled[:, :2] + scaled[:, 2:]) / 2
    whole = centers.floor().long()
    limit = whole.new_tensor([map_size[2], map_size[1]])
    inside = ((whole >= 0) & (whole < limit)).all(1) & (scaled[:, 2:] > scaled[:, :2]).all(1)
    scaled, centers, whole, images = (t[inside] for t in (scaled, centers, whole, images))
    radii = gaussian_radii(scaled[:, 2:] - scaled[:, :2], min_overlap).long()
    heatmap = draw_gaussians(whole, radii, images, map_size)
    cells = (images * map_size[1] + whole[:, 1]) * map_size[2] + whole[:, 0]
    owners = _in_front(cells, scaled[:, 3], heatmap.numel())
    centers, scaled = centers[owners], scaled[owners]
    return CenterTargets(
        heatmap=heatmap,
        cells=cells[owners],
        boxes=torch.cat([centers - scaled[:, :2], scaled[:, 2:] - centers], dim=1),
        offsets=centers - whole[owners],
        identities=identities[inside][owners],
        people=(cells[owners, None] == cells[None]).sum(1),
    )


def gaussian_radii(sizes: Tensor, min_overlap: float) -> Tensor:
    """Compute the radii of Gaussians: mmdet's ``gaussian_radius`` of many boxes at once.

    Args:
        sizes: (n, 2) width and height in cells.
        min_overlap: See :func:`encode_centers`.

    Returns:
        (n,) the smallest of three radii: at which a box shifted by it along both axes, one
        smaller by it at all edges and one larger by it at all edges overlap the true box so far.
    """
    total, area = sizes.sum(1), sizes.prod(1)
    shifted = _smaller_root(1.0, total, area * (1 - min_overlap) / (1 + min_overlap))
    smaller = _smaller_root(4.0, 2 * total, area * (1 - min_overlap))
    linear = 2 * min_overlap * total
    root = (linear**2 + 16 * min_overlap * (1 - min_overlap) * area).sqrt()
    larger = (root - linear) / (8 * min_overlap)
    return torch.stack([shifted, smaller, larger]).amin(0)


def _smaller_root(a: float, b: Tensor, c: Tensor) -> Tensor:
    """Return the smaller root of a·r² − b·r + c."""
    return (b - (b**2 - 4 * a * c).clamp_min(0).sqrt()) / (2 * a)


def draw_gaussians(
    cells: Tensor, radii: Tensor, images: Tensor, map_size: tuple[int, int, int]
) -> Tensor:
    """Draw the highest of the Gaussians at every cell: mmdet's ``gen_gaussian_target``.

    Args:
        cells: (n, 2) int64 x, y of the centres.
        radii: (n,) int64; a Gaussian has a standard deviation of (2r + 1)/6 and ends at r.
        images: (n,) int64 image of each.
        map_size: B, H, W.

    Returns:
        (B, 1, H, W) float32 within [0, 1].
    """
    batch, height, width = map_size
    heatmap = torch.zeros(batch * height * width, device=cells.device)
    if not len(cells):
        return heatmap.view(batch, 1, height, width)
    reach = int(radii.max())
    steps = torch.arange(-reach, reach + 1, device=cells.device)
    sigma = (2 * radii + 1) / 6
    profile = (-(steps**2) / (2 * sigma[:, None] ** 2)).exp() * (steps.abs() <= radii[:, None])
    x, y = (cells[:, axis, None] + steps for axis in (0, 1))
    on_x = (x >= 0) & (x < width)
    on_y = (y >= 0) & (y < height)
    values = (profile * on_y)[:, :, None] * (profile * on_x)[:, None, :]
    rows = images[:, None] * height + y.clamp(0, height - 1)
    index = rows[:, :, None] * width + x.clamp(0, width - 1)[:, None, :]
    heatmap.scatter_reduce_(0, index.flatten(), values.flatten(), 'amax')
    return heatmap.view(batch, 1, height, width)


def _in_front(cells: Tensor, bottoms: Tensor, num_cells: int) -> Tensor:
    """Return the indices of the boxes that have their cell, one a cell, ascending.

    Args:
        cells: (n,) cell of each box.
        bottoms: (n,) lower edge of each; of equal ones the first box has the cell.
        num_cells: Number of cells.
    """
    lowest = bottoms.new_full((num_cells,), -torch.inf)
    lowest.scatter_reduce_(0, cells, bottoms, 'amax')
    candidates = torch.nonzero(bottoms == lowest[cells]).squeeze(1)
    first = cells.new_full((num_cells,), len(cells))
    first.scatter_reduce_(0, cells[candidates], candidates, 'amin')
    return candidates[first[cells[candidates]] == candidates]
