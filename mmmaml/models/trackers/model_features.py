"""Whichever network of a model has features for its detections."""

from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING, Any

import torch
from mmengine.structures import InstanceData
from torch import Tensor, nn

from .detector_features import features_of_detections, head_of_detector
from .model_frame import ModelFrame
from .tracker_options import TrackerOptions
from .video_normalization import VideoNormalization

if TYPE_CHECKING:
    from mmmaml.models.reid import MetaReIDHead

Feats = Tensor | Sequence[Tensor] | None
"""Features of the detections, feature maps of the frame, one a level, or nothing."""


class ModelFeatures:
    """Asks the networks of a model for the looks of its detections.

    Args:
        reid: How boxes are cut for the Re-ID network; see ``OnlineMetaTracker``.
        adapt: Whether its head is to be adapted, so that the inputs of the last layer are wanted.
        options: Which detections are wanted.
    """

    def __init__(self, reid: dict | None, adapt: bool, options: TrackerOptions) -> None:
        defaults = {'img_scale': (256, 128), 'img_norm_cfg': None, 'renormalise': None}
        self.reid = {**defaults, **(reid or {})}
        self.adapt = adapt
        self.options = options
        renormalise = self.reid['renormalise']
        self.normalization = None if renormalise is None else VideoNormalization(**renormalise)

    def reset(self) -> None:
        """Forget the video."""
        if self.normalization is not None:
            self.normalization.reset()

    def head(self, model: Any, feats: Feats) -> tuple[bool, 'MetaReIDHead | None']:
        """Whether a network of the model is asked, and which head is to be adapted, if any."""
        head = head_of_detector(model)
        if head is not None:
            return True, head if self.adapt else None
        reid = None if _has_track_head(model, feats) else getattr(model, 'reid', None)
        adaptable = self.adapt and hasattr(reid, 'extract_crop_feats')
        return reid is not None or feats is not None, reid.head if adaptable else None  # type: ignore[union-attr]

    def of(
        self, model: Any, frame: ModelFrame, found: InstanceData, feats: Feats
    ) -> Tensor | None:
        """Features (N, C) of the detections; those that are given already go first."""
        if isinstance(feats, Tensor):
            return feats
        head = head_of_detector(model)
        if head is not None:
            return features_of_detections(found, head, self.adapt)
        wanted = found.scores >= self.options.score_thr
        if self.options.classes is not None:
            wanted &= torch.isin(found.labels, found.labels.new_tensor(self.options.classes))
        if feats is not None and _has_track_head(model, feats):
            return frame.track_head_features(model.track_head, feats, found, wanted)
        reid = getattr(model, 'reid', None)
        if reid is None:
            return None
        with self._normalised(reid):
            return frame.features(reid, found, wanted, self.reid, self.adapt)

    def _normalised(self, reid: nn.Module) -> AbstractContextManager[None]:
        """Within it, the Re-ID network is normalised for this video if it is to be."""
        return nullcontext() if self.normalization is None else self.normalization.applied_to(reid)


def _has_track_head(model: object, feats: Feats) -> bool:
    """Whether the embeddings of a frame come from its feature maps, as in QDTrack."""
    return feats is not None and getattr(model, 'track_head', None) is not None
