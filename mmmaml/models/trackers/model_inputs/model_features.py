"""Features of a model's detections, from the network that has them."""

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING, Any

import torch
from mmengine.structures import InstanceData
from torch import Tensor, nn

from mmmaml.utils.option_checks import OptionError, check_options

from ..detections.detections import DetectionOptions
from .detector_features import features_of_detections, graph_of_detector, head_of_detector
from .model_frame import ModelFrame
from .video_normalization import VideoNormalization

if TYPE_CHECKING:
    from mmmaml.models.graph import GraphNetwork
    from mmmaml.models.reid import MetaReIDHead

Feats = Tensor | Sequence[Tensor] | None
"""Features of the detections, feature maps of the frame, one a level, or nothing."""


class ModelFeatures:
    """Asks the networks of a model for the features of its detections.

    Args:
        reid: Crops for the Re-ID network; see ``OnlineMetaTracker``.
        adapt: True if its head is to be adapted, so that the inputs of the last layer are wanted.
        options: Score and classes of the detections that are wanted.

    Raises:
        OptionError: ``reid`` has an unknown key.
        ValueError: It is no dict.
    """

    def __init__(self, reid: dict | None, adapt: bool, options: DetectionOptions) -> None:
        defaults = {'img_scale': (256, 128), 'img_norm_cfg': None, 'renormalise': None}
        if reid is not None and not isinstance(reid, Mapping):
            raise ValueError(f'reid={reid!r} must be a dict of options')
        unknown = sorted(set(reid or {}) - set(defaults))
        if unknown:
            raise OptionError(
                f'reid has no option {", ".join(unknown)}; it has {", ".join(defaults)}'
            )
        self.reid = {**defaults, **(reid or {})}
        self.adapt = adapt
        self.options = options
        renormalise = self.reid['renormalise']
        options_of_video = check_options('reid.renormalise', renormalise, VideoNormalization)
        self.normalization = (
            None if renormalise is None else VideoNormalization(**options_of_video)
        )

    def reset(self) -> None:
        """Forget the video."""
        if self.normalization is not None:
            self.normalization.reset()

    def head(self, model: Any, feats: Feats) -> tuple[bool, 'MetaReIDHead | None']:
        """Return True if a network of the model is asked, and the head to be adapted, if any."""
        head = head_of_detector(model)
        if head is not None:
            return True, head if self.adapt else None
        reid = None if _has_track_head(model, feats) else getattr(model, 'reid', None)
        adaptable = self.adapt and hasattr(reid, 'extract_crop_feats')
        return reid is not None or feats is not None, reid.head if adaptable else None  # type: ignore[union-attr]

    @staticmethod
    def graph(model: Any) -> 'GraphNetwork | None':
        """Return the graph network of the model's detector, if it has one."""
        return graph_of_detector(model)

    def of(self, model: Any, frame: ModelFrame, dets: InstanceData, feats: Feats) -> Tensor | None:
        """Return features (N, C) of the detections; those that are given already go first."""
        if isinstance(feats, Tensor):
            return feats
        head = head_of_detector(model)
        if head is not None:
            return features_of_detections(dets, head, self.adapt)
        wanted = dets.scores >= self.options.score_thr
        if self.options.classes is not None:
            wanted &= torch.isin(dets.labels, dets.labels.new_tensor(self.options.classes))
        if feats is not None and _has_track_head(model, feats):
            return frame.track_head_features(model.track_head, feats, dets, wanted)
        reid = getattr(model, 'reid', None)
        if reid is None:
            return None
        with self._normalised(reid):
            return frame.features(reid, dets, wanted, self.reid, self.adapt)

    def _normalised(self, reid: nn.Module) -> AbstractContextManager[None]:
        """Return a context in which the Re-ID network is normalised for this video, if wanted."""
        return nullcontext() if self.normalization is None else self.normalization.applied_to(reid)


def _has_track_head(model: object, feats: Feats) -> bool:
    """Return True if the embeddings of a frame come from its feature maps, as in QDTrack."""
    return feats is not None and getattr(model, 'track_head', None) is not None
