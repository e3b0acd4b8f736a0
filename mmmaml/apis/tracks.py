"""Tracks of one frame."""

from dataclasses import dataclass

import numpy as np
from mmengine.structures import InstanceData


@dataclass(frozen=True)
class Tracks:
    """People in one frame and who they are.

    Attributes:
        frame: Number of the frame, from 1: in a file or folder that of the frame there, of live
            sources and timestamps the tick of the clock, so that skipped frames are counted.
        ids: (N,) int64 identities, from 1, the same for a person in every frame.
        bboxes: (N, 4) float64 xyxy in pixels of the frame; they may reach over its border.
        scores: (N,) float64, of the detections.
        labels: (N,) int64 classes, of the detections.
        seconds: Time of the frame since the first one, by the clock of the source.
        feats: (N, C) float32 features that the tracker compared; None if it had none.
        det_idx: (N,) int64 positions among the detections of the frame; None if the tracker does
            not tell.
        certainty: (N,) certainty of the identities, 0..1; None if the tracker does not rate it
            (``rate_certainty``).
        rivals: (N,) id that the strongest alternative is about, −1 if none; None likewise.
        doubts: (N,) what that alternative is, a position in
            :data:`~mmmaml.models.trackers.association.certainty.DOUBTS`; None likewise.
        crowd_count: Number of people in the frame, tracked or not, by the density map of a model
            that counts; None if it does not.
    """

    frame: int
    ids: np.ndarray
    bboxes: np.ndarray
    scores: np.ndarray
    labels: np.ndarray
    seconds: float = 0.0
    feats: np.ndarray | None = None
    det_idx: np.ndarray | None = None
    certainty: np.ndarray | None = None
    rivals: np.ndarray | None = None
    doubts: np.ndarray | None = None
    crowd_count: float | None = None

    def __len__(self) -> int:
        return len(self.ids)

    @classmethod
    def from_instances(
        cls,
        frame: int,
        instances: InstanceData,
        seconds: float = 0.0,
        crowd_count: float | None = None,
    ) -> 'Tracks':
        """Take them from a model's ``pred_track_instances``; ids below 0 are no tracks."""
        ids = instances.instances_id.cpu().numpy().astype(np.int64)
        known = ids >= 0
        feats = instances.get('feats')
        ratings = {
            name: instances[name][known]
            for name in ('det_idx', 'certainty', 'rivals', 'doubts')
            if name in instances
        }
        return cls(
            frame=frame,
            ids=ids[known],
            bboxes=instances.bboxes.cpu().numpy().astype(np.float64)[known],
            scores=instances.scores.cpu().numpy().astype(np.float64)[known],
            labels=instances.labels.cpu().numpy().astype(np.int64)[known],
            seconds=seconds,
            feats=None if feats is None else feats.float().cpu().numpy()[known],
            crowd_count=crowd_count,
            **ratings,
        )

    def rows(self) -> np.ndarray:
        """Return rows (N, 7) ``frame, id, left, top, width, height, score`` of a result file."""
        return np.column_stack(
            [
                np.full(len(self), self.frame, dtype=np.float64),
                self.ids,
                self.bboxes[:, :2],
                self.bboxes[:, 2:] - self.bboxes[:, :2],
                self.scores,
            ]
        )
