"""Detections in the forms of other libraries, known by their attributes alone."""

import copy
from abc import ABC, abstractmethod
from typing import Any

import numpy as np
import torch

NO_ID = -1
"""Id of a detection that belongs to no reported track."""


class DetectionForm(ABC):
    """A form in which another library has the detections of a frame."""

    @staticmethod
    @abstractmethod
    def fits(detections: object) -> bool:
        """Return True if detections have this form."""

    @staticmethod
    @abstractmethod
    def read(detections: Any) -> np.ndarray:
        """Return rows (N, 6): left, top, right, bottom, score, class."""

    @staticmethod
    @abstractmethod
    def with_ids(detections: Any, ids: np.ndarray) -> Any:
        """Return a copy with ids (N,), :data:`NO_ID` for detections without; all else is kept."""


class SupervisionForm(DetectionForm):
    """``supervision.Detections``: ``xyxy``, ``confidence``, ``class_id``, ``tracker_id``."""

    @staticmethod
    def fits(detections: object) -> bool:
        """Return True if detections have the attributes."""
        names = 'xyxy', 'confidence', 'class_id', 'tracker_id'
        return all(hasattr(detections, name) for name in names)

    @staticmethod
    def read(detections: Any) -> np.ndarray:
        """Return rows (N, 6); scores that are None count as 1, classes as 0."""
        return _rows(detections.xyxy, detections.confidence, detections.class_id)

    @staticmethod
    def with_ids(detections: Any, ids: np.ndarray) -> Any:
        """Return a copy with ``tracker_id``."""
        result = copy.copy(detections)
        result.tracker_id = ids.astype(int)
        return result


class UltralyticsForm(DetectionForm):
    """A result of ultralytics: ``boxes`` with ``xyxy``, ``conf``, ``cls``; torch or NumPy."""

    @staticmethod
    def fits(detections: object) -> bool:
        """Return True if detections have the attributes."""
        boxes = getattr(detections, 'boxes', None)
        return all(hasattr(boxes, name) for name in ('xyxy', 'conf', 'cls'))

    @staticmethod
    def read(detections: Any) -> np.ndarray:
        """Return rows (N, 6)."""
        boxes = detections.boxes
        return _rows(boxes.xyxy, boxes.conf, boxes.cls)

    @staticmethod
    def with_ids(detections: Any, ids: np.ndarray) -> Any:
        """Return a copy with ``boxes.id``, as ``model.track`` of ultralytics gives it."""
        result = copy.copy(detections)
        boxes = result.boxes = copy.copy(detections.boxes)
        xyxy = boxes.xyxy
        if not hasattr(boxes, 'is_track'):
            boxes.id = torch.from_numpy(ids).to(xyxy) if torch.is_tensor(xyxy) else ids
            return result
        # Its boxes are one table: corners, the id if there is one, score, class.
        columns = xyxy, ids[:, None], boxes.conf[:, None], boxes.cls[:, None]
        if torch.is_tensor(boxes.data):
            boxes.data = torch.cat([torch.as_tensor(each).to(boxes.data) for each in columns], 1)
        else:
            boxes.data = np.concatenate(columns, axis=1)
        boxes.is_track = True
        return result


FORMS: tuple[type[DetectionForm], ...] = (SupervisionForm, UltralyticsForm)


def form_of(detections: object) -> type[DetectionForm] | None:
    """Return the form of detections, None if it is no other library's."""
    return next((form for form in FORMS if form.fits(detections)), None)


def _rows(boxes: Any, scores: Any, labels: Any) -> np.ndarray:
    boxes = _array(boxes).reshape(-1, 4)
    scores = np.ones(len(boxes)) if scores is None else _array(scores)
    labels = np.zeros(len(boxes)) if labels is None else _array(labels)
    return np.column_stack([boxes, scores, labels])


def _array(values: Any) -> np.ndarray:
    if torch.is_tensor(values):
        values = values.detach().cpu().numpy()
    return np.asarray(values, dtype=np.float64)
