"""Frames of any shape in an input of fixed shape."""

from collections.abc import Iterator, Sequence

import cv2
import numpy as np
from mmcv.transforms import BaseTransform

from ...registry import TRANSFORMS
from .frame_boxes import boxes_of, set_boxes

PAPER_SCALE = 1088, 608
"""Width and height of the input in the paper."""


@TRANSFORMS.register_module()
class LetterboxFrame(BaseTransform):
    """Scale a frame as a whole to fit, and fill up both sides alike.

    A point (x, y) of the frame is at (x · s_w + left, y · s_h + top) of the output.

    Required key: ``img``; optionally boxes as ``mmdet.LoadTrackAnnotations`` leaves them.
    Set: ``img`` (height, width, 3), ``img_shape`` (height, width), ``scale_factor`` (s_w, s_h),
    ``pad_param`` (4,) float32 top, bottom, left, right in pixels, ``ori_shape`` if it was not
    there. Boxes whose centre lies outside the frame are dropped.

    Args:
        scale: Width and height of the output in pixels, (1088, 608) in the paper. Larger finds
            smaller people and takes longer, in proportion to the area. Multiples of 32 suit
            most networks.
        fill: Grey level beside the frame.

    Raises:
        ValueError: ``scale`` is not two positive numbers.
    """

    def __init__(self, scale: tuple[int, int] = PAPER_SCALE, fill: int = 127) -> None:
        if len(scale) != 2 or min(scale) < 1:
            raise ValueError(f'scale={scale!r} must be (width, height) in pixels')
        self.scale = (int(scale[0]), int(scale[1]))
        self.fill = fill

    def transform(self, results: dict) -> dict:
        """Letterbox one frame and its boxes."""
        image = results['img']
        height, width = image.shape[:2]
        ratio = min(self.scale[0] / width, self.scale[1] / height)
        size = max(1, round(width * ratio)), max(1, round(height * ratio))
        if size != (width, height):
            mode = cv2.INTER_AREA if ratio < 1 else cv2.INTER_LINEAR
            image = cv2.resize(image, size, interpolation=mode)
        left, top = (self.scale[0] - size[0]) // 2, (self.scale[1] - size[1]) // 2
        right, bottom = self.scale[0] - size[0] - left, self.scale[1] - size[1] - top
        results['img'] = cv2.copyMakeBorder(
            image, top, bottom, left, right, cv2.BORDER_CONSTANT, value=(self.fill,) * 3
        )
        results.setdefault('ori_shape', (height, width))
        results['img_shape'] = self.scale[::-1]
        results['scale_factor'] = (size[0] / width, size[1] / height)
        results['pad_param'] = np.array([top, bottom, left, right], np.float32)
        boxes = boxes_of(results)
        boxes.rescale_(results['scale_factor'])
        boxes.translate_((left, top))
        set_boxes(results, boxes)
        return results

    def __repr__(self) -> str:
        return f'{type(self).__name__}(scale={self.scale}, fill={self.fill})'


def letterbox_size(pipeline: Sequence[dict]) -> tuple[int, int] | None:
    """Width and height that ``LetterboxFrame`` gives in the config of a pipeline.

    Transforms within others count, too; None if there is none.
    """
    for transform in _nested(pipeline):
        kind = transform.get('type')
        name = kind.split('.')[-1] if isinstance(kind, str) else getattr(kind, '__name__', '')
        if name == LetterboxFrame.__name__:
            return tuple(transform.get('scale', PAPER_SCALE))
    return None


def _nested(transforms: Sequence[dict]) -> Iterator[dict]:
    for transform in transforms:
        yield transform
        yield from _nested(transform.get('transforms', []))
