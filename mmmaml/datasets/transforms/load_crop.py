"""From a box in a frame to an image of fixed size."""

from collections.abc import Sequence

import numpy as np
from mmcv.transforms import BaseTransform

from ...registry import TRANSFORMS
from .frame_cache import FrameCache
from .resample import Box, resample
from .rng import generator


@TRANSFORMS.register_module()
class LoadCrop(BaseTransform):
    """Decode the frame and resize the box in it, or all of it, to a fixed size.

    The output pixel (i, j) is the bilinear sample at the centre of cell (i, j) of the box, with
    parts of a pixel counted: what ``mmcv.ops.roi_align`` computes with one sample a cell and
    ``aligned=True``, so crops of training and of tracking are the same; places in the frame are
    exact to an eighth of a pixel, which takes half the time of exact ones.

    Required keys: ``img_path``; optionally ``bbox`` (4,) x1, y1, x2, y2 in pixels, without which
    the whole image is the box, and ``rng``.
    Added: ``img`` (height, width, 3) uint8 in blue, green, red; ``img_shape`` (height, width) of
    the crop, ``ori_shape`` of the frame, ``crop_bbox`` (4,) the box that was cut.

    Args:
        scale: Width and height of the crop in pixels, (128, 256) is usual for Re-ID.
        padding: Part of the box's width and height that is added on every side. 0.1 shows the
            surroundings too, which helps against tight boxes and lets the network see the
            background; negative values cut into the box.
        jitter: Each side of the box moves by up to this part of the box's size, at random. Use
            about the error of the detector (0.05) in training, 0 in tests.
        max_cached_mb: Megabytes of decoded frames kept for the other boxes in them, in each
            worker. A frame of 1920×1080 takes 6.2. If all frames fit, each is decoded once.
        backend_args: Source of files, as in :func:`mmengine.fileio.get`.
    """

    def __init__(
        self,
        scale: tuple[int, int],
        padding: float = 0.0,
        jitter: float = 0.0,
        max_cached_mb: float = 50,
        backend_args: dict | None = None,
    ) -> None:
        if len(scale) != 2 or min(scale) < 1:
            raise ValueError(f'scale={scale!r} must be (width, height) in pixels')
        if not 0 <= jitter < 0.5:
            raise ValueError(f'jitter={jitter} must be in [0, 0.5): the box would vanish')
        if padding - jitter <= -0.5:
            raise ValueError(f'padding={padding} leaves nothing of the box')
        self.scale = (int(scale[0]), int(scale[1]))
        self.padding, self.jitter = padding, jitter
        self.frames = FrameCache(max_cached_mb, backend_args)

    def transform(self, results: dict) -> dict:
        """Cut one box out of its frame."""
        frame = self.frames.read(results['img_path'])
        shape = frame.shape[:2]
        bbox = results.get('bbox', (0, 0, shape[1], shape[0]))
        box = self._box(np.asarray(bbox, np.float64).tolist(), results, shape)
        results['img'] = resample(frame, box, self.scale)
        results['img_shape'] = self.scale[::-1]
        results['ori_shape'] = shape
        results['crop_bbox'] = np.array(box, np.float32)
        return results

    def _box(self, bbox: Sequence[float], results: dict, shape: tuple[int, int]) -> Box:
        left, top, right, bottom = bbox
        width, height = right - left, bottom - top
        moves = [0.0] * 4
        if self.jitter:
            moves = generator(results).uniform(-self.jitter, self.jitter, 4).tolist()
        box = (
            max(left - (self.padding - moves[0]) * width, 0.0),
            max(top - (self.padding - moves[1]) * height, 0.0),
            min(right + (self.padding + moves[2]) * width, float(shape[1])),
            min(bottom + (self.padding + moves[3]) * height, float(shape[0])),
        )
        if not (box[2] > box[0] and box[3] > box[1]):
            raise ValueError(
                f'bbox {list(bbox)} has nothing inside {results["img_path"]} of '
                f'{shape[1]}x{shape[0]} pixels'
            )
        return box

    def __repr__(self) -> str:
        return (
            f'{type(self).__name__}(scale={self.scale}, padding={self.padding}, '
            f'jitter={self.jitter}, max_cached_mb={self.frames.max_mb})'
        )
