"""Pieces of tracks that surely are one person each, gathered while a video is tracked."""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from ..meta import ScatterStatistics, SceneMetric, SceneScatter, whitening
from ..utils.box_overlap import row_iou

_LEAST_WEIGHT = 0.05


@dataclass(frozen=True, eq=False)
class Pieces:
    """The pieces of a video, ordered by track, then time.

    Attributes:
        track: (P,) int64 id that the tracker gave.
        label: (P,) int64 class.
        first: (P,) int64 frame in which the piece starts.
        last: (P,) int64 frame of its last box; never inside another piece of the track.
        start: (P, 4) its first box, ``left, top, width, height`` in pixels.
        end: (P, 4) its last box.
        weight: (P,) summed weights of the observations behind ``appearance``; 0 if there are
            none.
        appearance: (P, C) mean feature under the metric of the scene, about the mean person.
    """

    track: np.ndarray
    label: np.ndarray
    first: np.ndarray
    last: np.ndarray
    start: np.ndarray
    end: np.ndarray
    weight: np.ndarray
    appearance: np.ndarray

    def __len__(self) -> int:
        return len(self.track)

    def of_rows(self, frames: np.ndarray, tracks: np.ndarray) -> np.ndarray:
        """Find the piece (R,) of boxes, by frame (R,) and track (R,); each must have one."""
        span = max(int(frames.max(initial=0)), int(self.last.max(initial=0))) + 1
        starts = self.track * span + self.first
        found = np.searchsorted(starts, tracks * span + frames, side='right') - 1
        inside = found >= 0
        inside[inside] &= self.track[found[inside]] == tracks[inside]
        if not inside.all():
            row = int((~inside).argmax())
            raise ValueError(f'frame {frames[row]}, track {tracks[row]}: it was never gathered')
        return found


class _Piece:
    """Running sums of one piece."""

    def __init__(self, frame: int, box: np.ndarray, hidden: bool, label: int) -> None:
        self.label = label
        self.first = self.last = frame
        self.start = self.end = box
        self.hidden = hidden
        self.weight = 0.0
        self.mean: Tensor | None = None


class TrackPieces:
    """Gathers the pieces of tracks, frame by frame.

    A piece ends where its track may have changed the person: at a gap, and where another box
    begins or ceases to lie over its own. It keeps the running mean of its features and no
    feature itself, so memory grows by one vector a piece. The scatter within pieces, running
    sums too, is the metric under which they are compared (:mod:`mmmaml.meta.scene_metric`).

    Args:
        frame_rate: Frames per second.
        gap_seconds: Time without a box after which a new piece begins.
        hidden_iou: Overlap with another box from which on a box counts as hidden. Lower values
            cut tracks into more and shorter pieces.
        shrinkage: Share of the mean variance that is added to every direction of the scatter;
            large values approach the plain cosine.
    """

    def __init__(
        self,
        frame_rate: float,
        gap_seconds: float = 0.5,
        hidden_iou: float = 0.3,
        shrinkage: float = 0.1,
    ) -> None:
        self._gap = gap_seconds * frame_rate
        self._hidden_iou = hidden_iou
        self._shrinkage = shrinkage
        self._pieces: dict[int, list[_Piece]] = {}
        self._scatter: SceneScatter | None = None

    def add(
        self,
        frame: int,
        ids: np.ndarray,
        boxes: np.ndarray,
        feats: np.ndarray | None = None,
        labels: np.ndarray | None = None,
    ) -> None:
        """Gather a frame.

        Args:
            frame: Its number, greater than the one before.
            ids: (N,) tracks, each once.
            boxes: (N, 4) ``left, top, width, height`` in pixels.
            feats: (N, C) features; a row of zeros is none. None: no appearance.
            labels: (N,) classes, constant within a track; None if all are of one.
        """
        labels = np.zeros(len(ids), dtype=np.int64) if labels is None else labels
        overlap = row_iou(boxes, boxes)
        np.fill_diagonal(overlap, 0)
        nearest = overlap.max(1, initial=0)
        current = [
            self._current(int(track), int(label), frame, box, bool(iou > self._hidden_iou))
            for track, label, box, iou in zip(ids, labels, boxes, nearest, strict=True)
        ]
        if feats is not None:
            self._observe(current, feats, np.maximum(1 - nearest, _LEAST_WEIGHT) ** 2)

    def finish(self) -> Pieces:
        """Return the pieces gathered so far."""
        pairs = [(track, p) for track in sorted(self._pieces) for p in self._pieces[track]]
        pieces = [piece for _, piece in pairs]
        weight = np.array([piece.weight for piece in pieces])
        return Pieces(
            np.array([track for track, _ in pairs], dtype=np.int64),
            np.array([piece.label for piece in pieces], dtype=np.int64),
            np.array([piece.first for piece in pieces], dtype=np.int64),
            np.array([piece.last for piece in pieces], dtype=np.int64),
            np.array([piece.start for piece in pieces]).reshape(-1, 4),
            np.array([piece.end for piece in pieces]).reshape(-1, 4),
            weight,
            self._appearance(pieces, weight),
        )

    def _current(
        self, track: int, label: int, frame: int, box: np.ndarray, hidden: bool
    ) -> _Piece:
        """Return the piece that a box belongs to, a new one if need be."""
        pieces = self._pieces.setdefault(track, [])
        if not pieces or frame - pieces[-1].last > self._gap or pieces[-1].hidden != hidden:
            pieces.append(_Piece(frame, box, hidden, label))
        pieces[-1].last, pieces[-1].end = frame, box
        return pieces[-1]

    def _observe(self, pieces: list[_Piece], feats: np.ndarray, weights: np.ndarray) -> None:
        feats = feats.astype(np.float64)  # squares of half floats overflow
        lengths = np.linalg.norm(feats, axis=1)
        seen = np.flatnonzero(lengths > 0)
        units = torch.from_numpy(feats[seen] / lengths[seen, None]).float()
        if self._scatter is None and len(seen):
            self._scatter = SceneScatter(ScatterStatistics(units.shape[1]))
        again = []
        for number, at in enumerate(seen):
            piece, weight = pieces[at], float(weights[at])
            if piece.mean is None:
                piece.mean, piece.weight = units[number].clone(), weight
                continue
            again.append((units[number] - piece.mean, piece.weight, weight))
            piece.weight += weight
            piece.mean = piece.mean.lerp(units[number], weight / piece.weight)
        if again and self._scatter is not None:
            deviations, known, new = zip(*again, strict=True)
            self._scatter.add(torch.stack(deviations), torch.tensor(known), torch.tensor(new))

    def _appearance(self, pieces: list[_Piece], weight: np.ndarray) -> np.ndarray:
        if self._scatter is None:
            return np.zeros((len(pieces), 0))
        scatter = self._scatter.scatter
        none = torch.zeros(len(scatter))
        means = torch.stack([none if piece.mean is None else piece.mean for piece in pieces])
        shares = torch.from_numpy(weight).float()[:, None]
        # The mean of tracks, however many pieces each has: long tracks are not the common part.
        of_track = np.repeat(np.arange(len(self._pieces)), [*map(len, self._by_track())])
        index = torch.from_numpy(of_track)
        sums = torch.zeros(len(self._pieces), len(scatter)).index_add_(0, index, means * shares)
        total = torch.zeros(len(self._pieces), 1).index_add_(0, index, shares)
        known = total[:, 0] > 0
        centre = (sums[known] / total[known]).mean(0)
        if known.sum() < 3:
            centre = none  # one or two people are themselves, not what people have in common
        metric = SceneMetric(centre, whitening(scatter, self._shrinkage))
        return metric.transform(means).numpy()

    def _by_track(self) -> list[list[_Piece]]:
        return [self._pieces[track] for track in sorted(self._pieces)]
