"""Regions of a frame from the predictions of YOLOX, in place of those of a proposal network."""

from collections.abc import Sequence

import torch
from mmdet.models.dense_heads import YOLOXHead
from mmengine.config import ConfigDict
from mmengine.structures import InstanceData
from torch import Tensor

ALL = ConfigDict(score_thr=0.0)
"""Options with which YOLOX's head keeps each of its predictions."""


@torch.no_grad()
def all_predictions(
    head: YOLOXHead, outputs: Sequence[Sequence[Tensor]], img_shape: Sequence[int]
) -> list[InstanceData]:
    """Decode what YOLOX predicts at every cell, before non-maximum suppression.

    Args:
        head: The head.
        outputs: Its class scores, box deltas and objectness, each a map (B, ·, H, W) a level.
        img_shape: Height and width of the input in pixels.

    Returns:
        P predictions of each of B frames, by level, row and column: ``bboxes`` (P, 4) x1, y1, x2,
        y2 in pixels of the input, within it, ``scores`` (P,) and ``labels`` (P,).
    """
    detached = [[level.detach() for level in part] for part in outputs]
    metas = [{'img_shape': img_shape} for _ in detached[0][0]]
    found = head.predict_by_feat(*detached, metas, ALL, with_nms=False)
    height, width = img_shape
    limit = found[0].bboxes.new_tensor([width, height, width, height])
    for each in found:
        each.bboxes = torch.minimum(each.bboxes.clamp(min=0), limit)
    return found


def likeliest(predictions: InstanceData, number: int) -> Tensor:
    """Return the boxes (R, 4) of the ``number`` highest scores, best first.

    Boxes without area are left out. Many are of the same person, which is what makes the contrast
    of regions quasi-dense.
    """
    sizes = predictions.bboxes[:, 2:] - predictions.bboxes[:, :2]
    kept = predictions[(sizes > 0).all(1)]
    _, order = kept.scores.topk(min(number, len(kept)))
    return kept.bboxes[order]


def boxes_at(
    predictions: InstanceData,
    points: Tensor,
    sizes: Sequence[Sequence[int]],
    strides: Sequence[int],
) -> Tensor:
    """Return the boxes (N, 4) predicted at the cells of points, each of the surest level.

    Args:
        predictions: All P of a frame, see :func:`all_predictions`.
        points: (N, 2) x, y in pixels of the input, inside it.
        sizes: Height and width of each level in cells.
        strides: Side of a cell of each level in pixels.
    """
    rows, first = [], 0
    for (height, width), stride in zip(sizes, strides, strict=True):
        column, row = (points / stride).long().unbind(1)
        rows.append(first + row.clamp(0, height - 1) * width + column.clamp(0, width - 1))
        first += height * width
    levels = torch.stack(rows, 1)
    surest = predictions.scores[levels].argmax(1, keepdim=True)
    return predictions.bboxes[levels.gather(1, surest)[:, 0]]
