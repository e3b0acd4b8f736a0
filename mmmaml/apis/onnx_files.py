"""The config of models that come as files in the ONNX format."""

import os
from collections.abc import Sequence
from typing import Any

from mmengine.config import Config


def onnx_config(
    detector: str | os.PathLike | None = None,
    reid: str | os.PathLike | None = None,
    prior: str | os.PathLike | None = None,
    classes: Sequence[str | int] = ('person',),
    tracker: dict[str, Any] | None = None,
) -> Config:
    """Make the config of a tracking model without training, for :class:`MOTInferencer`.

    Args:
        detector: File of a detector, for :class:`~mmmaml.models.OnnxDetector`. None takes
            detections from files, as :class:`~mmmaml.models.PublicDetector` does.
        reid: File of a Re-ID network, for :class:`~mmmaml.models.OnnxReID`; None tracks by motion
            and overlap.
        prior: File of a scatter prior for that network.
        classes: Classes to track, by name or number; those of the detector.
        tracker: Options of :class:`~mmmaml.models.OnlineMetaTracker`.

    Raises:
        ValueError: There is a prior and no Re-ID network.
    """
    if prior is not None and reid is None:
        raise ValueError(f'prior {prior} is of a Re-ID network, and none is given')
    model: dict[str, Any] = {
        'type': 'OnnxMOT',
        'detector': {'type': 'PublicDetector'},
        'tracker': {'type': 'OnlineMetaTracker', **(tracker or {})},
    }
    if detector is not None:
        options = {'model': str(detector), 'classes': list(classes)}
        model['detector'] = {'type': 'OnnxDetector', **options}
    if reid is not None:
        model['reid'] = {'type': 'OnnxReID', 'model': str(reid)}
        if prior is not None:
            model['reid']['prior'] = str(prior)
    return Config({'default_scope': 'mmmaml', 'model': model})
