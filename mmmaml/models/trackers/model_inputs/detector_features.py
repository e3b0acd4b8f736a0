"""Features that come with the boxes of a detector."""

from typing import TYPE_CHECKING, Any

from mmengine.structures import InstanceData
from torch import Tensor

if TYPE_CHECKING:
    from mmmaml.models.graph import GraphNetwork
    from mmmaml.models.reid import MetaReIDHead


def head_of_detector(model: Any) -> 'MetaReIDHead | None':
    """Return the head for the features that a model's detections carry.

    Args:
        model: With a ``reid_head``, as ``QDTrackX`` has, or a ``detector`` that has one, as
            ``OneShotDetector`` has.

    Returns:
        None if there is none, or if the model has a Re-ID network, which then looks at the
        boxes itself.
    """
    if getattr(model, 'reid', None) is not None:
        return None
    detector = getattr(model, 'detector', None)
    return getattr(model, 'reid_head', None) or getattr(detector, 'reid_head', None)


def graph_of_detector(model: Any) -> 'GraphNetwork | None':
    """Return the network for the stage ``graph`` that came with a model's detector.

    Args:
        model: With a ``detector`` that has a ``graph``, as ``OneShotDetector`` with a
            ``GraphHead`` has; None comes back for others.
    """
    return getattr(getattr(model, 'detector', None), 'graph', None)


def features_of_detections(dets: InstanceData, head: 'MetaReIDHead', adapt: bool) -> Tensor | None:
    """Return the input of the tracker (N, C or D): features of detections, or embeddings.

    Args:
        dets: N detections with ``feats`` (N, C); None comes back if they have none.
        head: Embeds them if nothing adapts.
        adapt: True if the tracker adapts the head, so takes the inputs of its last layer.
    """
    feats = dets.get('feats')
    return feats if feats is None or adapt else head(feats)
