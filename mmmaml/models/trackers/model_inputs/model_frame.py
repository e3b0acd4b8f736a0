"""One frame as a model hands it to the tracker."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from mmengine.structures import InstanceData
from torch import Tensor, nn

from ..motion.camera_input import grey_image, in_original_pixels
from ..motion.camera_motion import CameraMotion
from .reid_features import (
    boxes_in_image,
    crop_normalization,
    extract_features,
    without_padding,
)


@dataclass(frozen=True)
class ModelFrame:
    """The input of the network and the meaning of its pixels.

    Attributes:
        img: (1, 3, H, W) normalised, with padding; or uint8 as it was read, blue, green, red.
        metainfo: Of the data sample; ``img_shape`` and ``scale_factor``.
        data_preprocessor: The model's, as in its config, which normalises frames.
        rescale: True if boxes are in pixels of the original image, not of ``img``.
    """

    img: Tensor
    metainfo: dict
    data_preprocessor: dict | None
    rescale: bool

    @property
    def is_raw(self) -> bool:
        """True if nothing is normalised yet, so that crops are."""
        return self.img.dtype == torch.uint8

    @torch.no_grad()
    def features(
        self, reid: nn.Module, dets: InstanceData, wanted: Tensor, options: dict, adaptable: bool
    ) -> Tensor | None:
        """Return features (N, C) of detections from a Re-ID network.

        Args:
            reid: The network.
            dets: N detections.
            wanted: (N,) bool: those whose features count; the others get zeros.
            options: ``img_scale`` and ``img_norm_cfg`` of the network.
            adaptable: False takes embeddings in place of the inputs of an adapted layer.

        Returns:
            None if nobody is wanted.
        """
        if not wanted.any():
            return None
        img_norm_cfg = options.get('img_norm_cfg')
        boxes = boxes_in_image(dets.bboxes[wanted], self.metainfo, self.rescale)
        img = without_padding(self.img, self.metainfo)
        normalize = crop_normalization(img_norm_cfg, self.data_preprocessor, self.is_raw)
        some = extract_features(reid, img, boxes, options['img_scale'], adaptable, normalize)
        return _at(wanted, some)

    @torch.no_grad()
    def track_head_features(
        self, track_head: nn.Module, maps: Sequence[Tensor], dets: InstanceData, wanted: Tensor
    ) -> Tensor | None:
        """Return embeddings (N, C) of detections from the track head of QDTrack.

        Args:
            track_head: Embeds boxes of the detector's feature maps.
            maps: Those of this frame, one a level, (1, C', H', W').
            dets: N detections.
            wanted: (N,) bool: those whose features count; the others get zeros.

        Returns:
            None if nobody is wanted.
        """
        if not wanted.any():
            return None
        boxes = boxes_in_image(dets.bboxes[wanted], self.metainfo, self.rescale)
        some = track_head.predict(maps, [boxes])  # type: ignore[operator]
        return _at(wanted, some)

    def camera_motion(self, camera: CameraMotion, bboxes: Tensor) -> np.ndarray:
        """Return the camera's motion (2, 3) since the frame before, in pixels of the boxes."""
        normalized_by = None if self.is_raw else self.data_preprocessor
        grey = grey_image(self.img, self.metainfo, normalized_by)
        top, _, left, _ = self.metainfo.get('pad_param', (0, 0, 0, 0))
        boxes = boxes_in_image(bboxes, self.metainfo, self.rescale)
        boxes = boxes - boxes.new_tensor([left, top, left, top])  # the grey frame has no border
        transform = camera.estimate(grey, boxes.detach().cpu().double().numpy())
        if not self.rescale:
            return transform
        x, y = self.metainfo.get('scale_factor', (1.0, 1.0))[:2]
        return in_original_pixels(transform, (x, y))


def _at(wanted: Tensor, some: Tensor) -> Tensor:
    """Return features (N, C): ``some`` (W, C) for the W that are ``wanted`` (N,), else zeros."""
    feats = some.new_zeros(len(wanted), some.shape[1])
    feats[wanted] = some
    return feats
