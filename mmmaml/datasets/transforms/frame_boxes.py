"""Boxes of a frame, read and changed together."""

import numpy as np
from mmdet.structures.bbox import BaseBoxes, HorizontalBoxes

PER_BOX = ('gt_bboxes', 'gt_bboxes_labels', 'gt_instances_ids', 'gt_ignore_flags')


def boxes_of(results: dict) -> HorizontalBoxes:
    """Return the boxes of a frame, x1, y1, x2, y2 in pixels, as a copy; none in test pipelines."""
    boxes = results.get('gt_bboxes', np.zeros((0, 4), np.float32))
    boxes = boxes.tensor if isinstance(boxes, BaseBoxes) else np.asarray(boxes, np.float32)
    return HorizontalBoxes(boxes, clone=True)


def set_boxes(results: dict, boxes: HorizontalBoxes) -> None:
    """Replace the boxes by as many others; drop people whose centre has left the image.

    A network that finds people by their centres cannot find those. Boxes are not cut at the
    border: where somebody reaches to is what the network should learn to say.
    """
    if 'gt_bboxes' not in results:
        return
    height, width = results['img'].shape[:2]
    centers = boxes.centers.numpy()
    kept = ((centers >= 0) & (centers < (width, height))).all(1)
    results['gt_bboxes'] = boxes.numpy()
    for key in PER_BOX:
        if key in results:
            results[key] = results[key][kept]
