"""Tracks of a video that is over: joined, then interpolated."""

import logging
from collections.abc import Mapping
from typing import Any

import numpy as np
from mmengine.logging import print_log

from ..utils.mot_files import FRAME, ID, LEFT
from ..utils.option_checks import check_frame_rate
from .interpolation import InterpolationOptions, interpolate_tracks
from .joining import JoinOptions, join_pieces
from .track_pieces import TrackPieces


class OfflineTracks:
    """Gathers the appearance of tracks while a video runs, and improves them in the end.

    Args:
        frame_rate: Frames per second.
        join: Options of :class:`JoinOptions`, empty for its defaults; None joins nothing.
        interpolate: Options of :class:`InterpolationOptions` likewise; None fills nothing.

    Raises:
        TypeError: An option does not exist.
        ValueError: An option or the frame rate is out of its range.

    Example:
        >>> offline = OfflineTracks(25.0, interpolate={'max_gap_seconds': 0.2})
        >>> rows = np.array([[1.0, 1, 10, 10, 20, 50, 0.9], [3, 1, 14, 10, 20, 50, 0.7]])
        >>> for row in rows:
        ...     offline.add(int(row[0]), row[None, 1].astype(int), row[None, 2:6])
        >>> offline.finish(rows)[1].round(3).tolist()
        [2.0, 1.0, 12.0, 10.0, 20.0, 50.0, 0.8]
    """

    def __init__(
        self,
        frame_rate: float,
        join: Mapping[str, Any] | None = None,
        interpolate: Mapping[str, Any] | None = None,
    ) -> None:
        check_frame_rate(frame_rate)
        self.frame_rate = frame_rate
        self._join = None if join is None else JoinOptions(**join)
        self._interpolate = None if interpolate is None else InterpolationOptions(**interpolate)
        self._pieces = TrackPieces(frame_rate)
        self._has_feats = False

    def add(
        self,
        frame: int,
        ids: np.ndarray,
        boxes: np.ndarray,
        feats: np.ndarray | None = None,
        labels: np.ndarray | None = None,
    ) -> None:
        """Gather a frame, as :meth:`TrackPieces.add`."""
        if self._join is not None:
            self._pieces.add(frame, ids, boxes, feats, labels)
            self._has_feats |= feats is not None

    def finish(self, rows: np.ndarray) -> np.ndarray:
        """Improve the tracks of all frames that were gathered.

        Args:
            rows: (R, >= 7) ``frame, id, left, top, width, height, score`` and further columns.

        Returns:
            (S, ...) likewise; in the same order, or by frame and id if they are interpolated.
        """
        if self._join is not None and len(rows):
            if not self._has_feats:
                print_log(
                    'no tracks are joined: they have no features, which a Re-ID network gives',
                    logger='current',
                    level=logging.WARNING,
                )
            pieces = self._pieces.finish()
            ids = join_pieces(pieces, self.frame_rate, self._join)
            frames, tracks = rows[:, FRAME].astype(np.int64), rows[:, ID].astype(np.int64)
            rows = rows.copy()
            rows[:, ID] = ids[pieces.of_rows(frames, tracks)]
        if self._interpolate is not None:
            rows = interpolate_tracks(rows, self.frame_rate, self._interpolate)
        return rows


def gather_rows(offline: OfflineTracks, rows: np.ndarray, feats: np.ndarray | None = None) -> None:
    """Gather all frames of a video at once.

    Args:
        offline: Takes them.
        rows: (R, >= 7) as for :meth:`OfflineTracks.finish`, in any order.
        feats: (R, C) their features.
    """
    order = np.argsort(rows[:, FRAME], kind='stable')
    bounds = np.flatnonzero(np.diff(rows[order, FRAME])) + 1
    for index in np.split(order, bounds):
        if len(index):
            offline.add(
                int(rows[index[0], FRAME]),
                rows[index, ID].astype(np.int64),
                rows[index, LEFT : LEFT + 4],
                None if feats is None else feats[index],
            )
