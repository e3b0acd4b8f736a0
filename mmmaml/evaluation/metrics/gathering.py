"""Postprocessing that gathers what it needs while the videos run."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from ...postprocessing import OfflineTracks
from ...utils.mot_files import ID, LEFT
from ..sequences import SequenceImages
from .frame_tracks import FrameTracks


class VideoGatherer:
    """Gathers the frames of the videos that one process tracks, each from its first frame on.

    Of features it keeps one mean a piece of a track, so that memory does not grow with the
    features of all boxes. What was gathered of a video travels with its last frame.

    Args:
        options: Steps of :class:`~mmmaml.postprocessing.OfflineTracks`.
    """

    def __init__(self, options: Mapping[str, Any]) -> None:
        self._options = options
        self._running: dict[Path, tuple[OfflineTracks, int]] = {}

    def add(self, frame: FrameTracks, feats: np.ndarray | None) -> FrameTracks:
        """Gather a frame.

        Args:
            frame: The frame. Frames of a video that do not follow each other are not gathered.
            feats: (N, C) features of its rows.

        Returns:
            The frame; if it is the last of a video seen as a whole, with ``offline``.

        Raises:
            ValueError: The frame rate of a video is not known, or its tracks are to be joined and
                have no features.
        """
        folder = frame.sequence_dir
        if frame.frame_id == 0:
            self._running[folder] = self._begin(folder), 0
        if folder not in self._running:
            return frame
        offline, expected = self._running[folder]
        if frame.frame_id != expected:
            del self._running[folder]
            return frame
        if 'join' in self._options and feats is None and len(frame.rows):
            raise ValueError(
                f'tracks of {folder.name} came without feats, by which they are to be joined: '
                'track with OnlineMetaTracker and a Re-ID network, or leave '
                "postprocessing['join'] out"
            )
        ids = frame.rows[:, ID].astype(np.int64)
        offline.add(frame.frame_id + 1, ids, frame.rows[:, LEFT : LEFT + 4], feats)
        self._running[folder] = offline, expected + 1
        if frame.frame_id + 1 < frame.video_length:
            return frame
        del self._running[folder]
        return replace(frame, offline=offline)

    def _begin(self, folder: Path) -> OfflineTracks:
        frame_rate = SequenceImages(folder, np.empty(0)).frame_rate()
        if frame_rate is None:
            raise ValueError(
                f'{folder}: the frame rate is not known, which postprocessing needs: write a '
                'seqinfo.ini'
            )
        return OfflineTracks(frame_rate, **self._options)
