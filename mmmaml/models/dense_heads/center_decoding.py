"""The way from the maps of a centre head to boxes and features."""

from typing import NamedTuple

import torch
from mmdet.models.utils import (
    get_local_maximum,
    get_topk_from_heatmap,
    transpose_and_gather_feat,
)
from torch import Tensor, nn
from torch.nn import functional as F


class DecodedCenters(NamedTuple):
    """The K highest peaks of each of B images.

    Attributes:
        bboxes: (B, K, 4) x1, y1, x2, y2 in pixels of the input.
        scores: (B, K) in descending order; 0 if an image has fewer peaks.
        cells: (B, K) int64 indices into the B·H·W cells.
    """

    bboxes: Tensor
    scores: Tensor
    cells: Tensor


def decode_centers(
    heatmap: Tensor, boxes: Tensor, offsets: Tensor, stride: int, max_per_img: int
) -> DecodedCenters:
    """Decode the boxes at the peaks of heatmaps.

    Args:
        heatmap: (B, 1, H, W) scores; a peak is the highest of its 3 x 3 neighbours.
        boxes: (B, 4, H, W) distances from the centre to left, top, right and bottom edge, in
            cells.
        offsets: (B, 2, H, W) x, y of the centre within its cell.
        stride: Pixels of the input a cell.
        max_per_img: K, but at most H·W.
    """
    number = heatmap[0].numel()
    peaks = get_local_maximum(heatmap).contiguous()
    scores, index, _, ys, xs = get_topk_from_heatmap(peaks, k=min(max_per_img, number))
    edges = transpose_and_gather_feat(boxes, index)
    centers = torch.stack([xs, ys], dim=-1) + transpose_and_gather_feat(offsets, index)
    bboxes = torch.cat([centers - edges[..., :2], centers + edges[..., 2:]], dim=-1)
    images = torch.arange(len(heatmap), device=index.device)[:, None]
    return DecodedCenters(bboxes * stride, scores, images * number + index)


def to_original_image(bboxes: Tensor, metainfo: dict) -> Tensor:
    """Map boxes (n, 4) in pixels of the input to those of the original image.

    Args:
        bboxes: x1, y1, x2, y2.
        metainfo: ``scale_factor`` (x, y) by which the image was resized, (1, 1) if it is not
            there, and ``pad_param``, the border put around it afterwards (top, bottom, left,
            right), 0 if it is not there.
    """
    top, _, left, _ = metainfo.get('pad_param', (0, 0, 0, 0))
    x, y = metainfo.get('scale_factor', (1.0, 1.0))[:2]
    return (bboxes - bboxes.new_tensor([left, top] * 2)) / bboxes.new_tensor([x, y] * 2)


def gather_cells(maps: Tensor, cells: Tensor) -> Tensor:
    """Gather values (M, C) of maps (B, C, H, W) at cells (M,), indices into the B·H·W cells."""
    size = maps.shape[2] * maps.shape[3]
    return maps.flatten(2)[cells // size, :, cells % size]


def center_cells(centers: Tensor, map_size: tuple[int, int, int], stride: int) -> Tensor:
    """Find the cells of points, as indices into the B·H·W; points outside go to the border.

    Args:
        centers: (B, ..., 2) x, y in pixels of the input.
        map_size: B, H, W.
        stride: Pixels of the input a cell.

    Returns:
        (B, ...) int64.
    """
    batch, height, width = map_size
    x, y = (centers / stride).floor().long().unbind(-1)
    images = torch.arange(batch, device=centers.device)
    images = images.view(-1, *[1] * (x.ndim - 1))
    return (images * height + y.clamp(0, height - 1)) * width + x.clamp(0, width - 1)


def convolve_at(conv: nn.Conv2d, maps: Tensor, cells: Tensor) -> Tensor:
    """Compute a 3 x 3 convolution at some cells alone.

    Args:
        conv: With kernel 3, padding 1 and stride 1.
        maps: (B, C, H, W).
        cells: (M,) indices into the B·H·W cells.

    Returns:
        (M, D).
    """
    height, width = maps.shape[2] + 2, maps.shape[3] + 2
    padded = F.pad(maps, (1, 1, 1, 1)).permute(0, 2, 3, 1).flatten(0, 2)
    x = cells % maps.shape[3]
    y = cells // maps.shape[3]
    image, y = y // maps.shape[2], y % maps.shape[2]
    corner = (image * height + y) * width + x
    steps = torch.arange(3, device=cells.device)
    window = corner[:, None] + (steps[:, None] * width + steps).flatten()
    patches = padded[window].transpose(1, 2).flatten(1)
    return F.linear(patches, conv.weight.flatten(1), conv.bias)
