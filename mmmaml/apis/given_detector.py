"""Detections of the caller in the place of a detector."""

from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import torch
from mmengine.structures import BaseDataElement, InstanceData
from torch import Tensor, nn

from mmmaml.models.detectors import PublicDetector

from .exchange import form_of

Detections: TypeAlias = np.ndarray | Tensor | InstanceData | Any
"""Any: what :mod:`.exchange` knows of other libraries."""


class GivenDetector(nn.Module):
    """Passes on detections it was given, and asks the model's detector if there are none.

    Args:
        detector: The detector of the model.

    Attributes:
        given: Detections of the next frame, None for those of ``reader`` or of the detector.
        reader: Reads detections of the current video from a file, in the detector's place.
    """

    def __init__(self, detector: nn.Module) -> None:
        super().__init__()
        self.detector = detector
        self.given: InstanceData | None = None
        self.reader: PublicDetector | None = None

    def __getattr__(self, name: str) -> Any:
        try:
            return super().__getattr__(name)
        except AttributeError:
            return getattr(super().__getattr__('detector'), name)

    @property
    def needs_files(self) -> bool:
        """True if the detector looks up files instead of looking at frames."""
        return isinstance(self.detector, PublicDetector)

    def read_from(self, name: str, path: str) -> None:
        """Take the detections of a video from a file, under the options of a public detector.

        Args:
            name: Of the video: that of the folder two above its frames.
            path: File in the MOTChallenge format.
        """
        options: dict[str, Any] = {}
        if isinstance(self.detector, PublicDetector):
            options = {
                'score_thr': self.detector.score_thr,
                'clip_border': self.detector.clip_border,
            }
        self.reader = PublicDetector(detections={name: path}, **options)

    def file_of(self, image: Path) -> Path | None:
        """Return the file that detections of a frame are read from, None if there is none.

        Args:
            image: Path of the frame, by which they are found.
        """
        source = self.reader or self.detector
        return source.file_of(image) if isinstance(source, PublicDetector) else None

    @property
    def sees_frames(self) -> bool:
        """True if the detections of the next frame are found in it."""
        source = self.reader or self.detector
        return self.given is None and getattr(source, 'sees_frames', True)

    def predict(
        self,
        batch_inputs: Tensor,
        batch_data_samples: list[BaseDataElement],
        rescale: bool = True,
        **kwargs: Any,
    ) -> list[BaseDataElement]:
        """Detect people in one frame; see any detector of mmdet."""
        if self.given is None:
            detector: Any = self.reader or self.detector
            return detector.predict(batch_inputs, batch_data_samples, rescale=rescale, **kwargs)
        found = self.given.to(batch_inputs.device)
        sample = batch_data_samples[0]
        if not rescale:
            factor = np.resize(np.asarray(sample.metainfo['scale_factor']), 4)
            found.bboxes = found.bboxes * found.bboxes.new_tensor(factor)
        sample.pred_instances = found
        return batch_data_samples


def to_instances(detections: Detections) -> InstanceData:
    """Return the detections of a frame as a detector gives them.

    Args:
        detections: (N, 5) left, top, right, bottom, score in pixels of the frame, or (N, 6) with
            the class behind them, which is 0 otherwise; or ``InstanceData`` with ``bboxes``,
            ``scores`` and ``labels``; or ``supervision.Detections`` or a result of ultralytics.

    Raises:
        ValueError: The shape is another, the instances lack something, or a value is NaN or
            infinite.
    """
    if isinstance(detections, InstanceData):
        missing = [key for key in ('bboxes', 'scores', 'labels') if key not in detections]
        if missing:
            raise ValueError(
                f'detections lack {", ".join(missing)}: InstanceData needs bboxes (N, 4) xyxy, '
                'scores (N,) and labels (N,)'
            )
        detections = detections.new()
        for key in ('bboxes', 'scores', 'labels'):
            detections[key] = torch.as_tensor(detections[key])
        return _check_finite(detections)
    form = form_of(detections)
    if form is not None:
        detections = form.read(detections)
    table = torch.as_tensor(np.asarray(detections, dtype=np.float32))
    if not table.numel():
        table = table.new_zeros(0, 5)
    if table.ndim != 2 or table.shape[1] not in (5, 6):
        raise ValueError(
            f'detections have shape {tuple(table.shape)}: expected (N, 5) left, top, right, '
            'bottom, score, or (N, 6) with the class behind them'
        )
    labels = table[:, 5] if table.shape[1] == 6 else table.new_zeros(len(table))
    return _check_finite(
        InstanceData(bboxes=table[:, :4], scores=table[:, 4], labels=labels.long())
    )


def _check_finite(detections: InstanceData) -> InstanceData:
    for key in ('bboxes', 'scores'):
        bad = ~torch.isfinite(detections[key])
        if bad.any():
            row = int(bad.nonzero()[0, 0])
            raise ValueError(f'{key} of detection {row} are not finite: {detections[key][row]}')
    return detections
