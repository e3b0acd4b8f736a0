"""The life of tracks: start, motion, end. NumPy only."""

import math
from dataclasses import dataclass

import numpy as np

from mmmaml.utils.box_overlap import pairwise_iou
from mmmaml.utils.option_checks import check_number

from ..detections.detections import Detections
from ..motion import kalman
from ..motion.box_models import BoxModel
from .matches import Matches, Started
from .track_state import TrackState


@dataclass(frozen=True)
class LifeOptions:
    """Options of the tracker about the life of tracks; see ``OnlineMetaTracker``.

    Raises:
        ValueError: A value is out of its range.
    """

    max_init_iou: float = 0.4
    max_duplicate_iou: float = 1.0
    num_tentatives: int = 2
    tentative_seconds: float = 0.15
    recent_seconds: float = 2.0
    lost_seconds: float = 10.0
    max_lost: int = 100

    def __post_init__(self) -> None:
        for name in ('max_init_iou', 'max_duplicate_iou'):
            check_number(name, getattr(self, name), 'between 0 and 1', 0, 1)
        check_number('num_tentatives', self.num_tentatives, 'a whole number from 1', 1, whole=True)
        check_number('tentative_seconds', self.tentative_seconds, 'at least 0', 0)
        check_number('recent_seconds', self.recent_seconds, 'at least 0', 0)
        check_number('lost_seconds', self.lost_seconds, 'at least 0', 0)
        check_number('max_lost', self.max_lost, 'whole, >= 0', 0, whole=True)


class TrackPool:
    """All tracks of a video and its clock; knows neither matching nor appearance.

    Tracks (T,) in arguments and results are rows of :attr:`state`.

    Args:
        life: When tracks are reported and forgotten.
        box_model: Box model of the Kalman filter.
        frame_rate: Frames per second of the video.
        noise_per_second: False takes the noise of motion in a frame alike at every frame rate.

    Attributes:
        state: The tracks.
        frame_id: The current frame, None before the first.
        previous_frame_id: The one before it, None at the first.
    """

    def __init__(
        self,
        life: LifeOptions,
        box_model: BoxModel,
        frame_rate: float,
        noise_per_second: bool = True,
    ) -> None:
        self.life = life
        self.box_model = box_model
        self.frame_rate = float(frame_rate)
        self.pace = kalman.REFERENCE_FRAME_RATE / self.frame_rate if noise_per_second else 1.0
        self.state = TrackState.empty()
        self.frame_id: int | None = None
        self.previous_frame_id: int | None = None
        self._next_id = 1

    @property
    def hits_to_confirm(self) -> int:
        """Number of detections with which a track is reported."""
        in_time = 1 + math.floor(self.life.tentative_seconds * self.frame_rate)
        return min(self.life.num_tentatives, in_time)

    # ---- who is there

    def tentative(self) -> np.ndarray:
        """Return the tracks that are not reported yet."""
        return self.state.select(confirmed=False)

    def confirmed(self) -> np.ndarray:
        """Return the reported tracks, seen or lost."""
        return self.state.select(confirmed=True)

    def just_seen(self, tracks: np.ndarray) -> np.ndarray:
        """Return (T,) bool: the track was seen in the frame before."""
        return self.state.last_frame[tracks] == self.previous_frame_id

    def seconds_lost(self, tracks: np.ndarray) -> np.ndarray:
        """Return the seconds (T,) since the tracks were seen, up to the current frame."""
        return (self.frame_id - self.state.last_frame[tracks]) / self.frame_rate

    def recent(self) -> np.ndarray:
        """Return the reported tracks whose motion is still trusted."""
        tracks = self.confirmed()
        recent = self.seconds_lost(tracks) <= self.life.recent_seconds
        return tracks[recent | self.just_seen(tracks)]

    def predicted_boxes(self, tracks: np.ndarray) -> np.ndarray:
        """Return the boxes (T, 4) xyxy in which the tracks are expected."""
        return kalman.predicted_boxes(self.state.motion[tracks], self.box_model)

    # ---- what happens to them

    def advance(self, frame_id: int) -> None:
        """Move on to a frame, forget the long lost, and predict all other positions."""
        frames = 1 if self.frame_id is None else frame_id - self.frame_id
        self.previous_frame_id, self.frame_id = self.frame_id, frame_id
        if frames > 1:
            self._forget_those_before_the_gap()
        alive = np.flatnonzero(self.state.alive)
        states = self.state.motion[alive]
        # Lost people keep walking, but their box must not keep growing or shrinking.
        states[~self.just_seen(alive), kalman.VELOCITY, kalman.SIZE :] = 0
        states = kalman.predict(states, frames, self.box_model, self.pace)
        size = states[:, kalman.POSITION, kalman.SIZE :]
        np.maximum(size, self.box_model.MIN_SIZE, out=size)
        self.state.motion[alive] = states

    def move_camera(self, transform: np.ndarray) -> None:
        """See all tracks, the lost included, from a camera that has moved.

        Args:
            transform: (2, 3) affine, pixels of the frame before to pixels of this frame.
        """
        state = self.state
        alive = np.flatnonzero(state.alive)
        state.motion[alive] = kalman.warp(state.motion[alive], transform, self.box_model)
        state.boxes[alive] = kalman.warp_boxes(state.boxes[alive], transform)

    def update(self, matches: Matches, detections: Detections) -> None:
        """Bring matched tracks up to date."""
        state, tracks, dets = self.state, matches.tracks, matches.dets
        measured = detections.measured[dets]
        updated = kalman.update(state.motion[tracks], measured, self.box_model)
        if len(matches.reentered):
            # The place of a re-entry says nothing about how someone walks.
            reentered = np.isin(tracks, matches.reentered)
            updated[reentered] = kalman.initiate(measured[reentered], self.box_model, self.pace)
        state.motion[tracks] = updated
        state.boxes[tracks] = detections.boxes[dets]
        state.last_frame[tracks] = self.frame_id
        state.hits[tracks] += 1
        self._confirm(tracks[state.hits[tracks] >= self.hits_to_confirm])

    def start(self, matches: Matches, detections: Detections) -> Started:
        """Start a track for each strong detection that belongs to nobody and stands alone."""
        dets = matches.unmatched[detections.starts[matches.unmatched]]
        dets = dets[~self._covers_one_of_a_track(dets, matches.dets, detections)]
        state = self.state
        tracks = state.add(len(dets))
        if len(dets):
            state.confirmed[tracks] = False
            state.ids[tracks] = 0
            state.labels[tracks] = detections.labels[dets]
            state.hits[tracks] = 1
            state.first_frame[tracks] = state.last_frame[tracks] = self.frame_id
            state.boxes[tracks] = detections.boxes[dets]
            measured = detections.measured[dets]
            state.motion[tracks] = kalman.initiate(measured, self.box_model, self.pace)
            if self.previous_frame_id is None or self.hits_to_confirm == 1:
                self._confirm(tracks)
        return Started(tracks, dets)

    def remove_duplicates(self) -> None:
        """Forget the younger of a track that was seen in this frame and a lost one at its place.

        As BoT-SORT does (Aharon et al., 2022, in its code alone): the age of a track is the time
        from its first to its last detection, and of two equally old ones the lost one stays.
        """
        limit, state = self.life.max_duplicate_iou, self.state
        if limit >= 1:
            return
        lost = self.recent()
        lost = lost[state.last_frame[lost] < self.frame_id]
        seen = np.flatnonzero(state.alive & (state.last_frame == self.frame_id))
        if not len(lost) or not len(seen):
            return
        overlap = pairwise_iou(self.predicted_boxes(seen), self.predicted_boxes(lost))
        twins = (overlap > limit) & (state.labels[seen][:, None] == state.labels[lost])
        age = state.last_frame - state.first_frame
        older = age[seen][:, None] > age[lost]
        removed = np.concatenate(
            [seen[(twins & ~older).any(axis=1)], lost[(twins & older).any(axis=0)]]
        )
        state.drop(removed)
        state.confirmed[removed] = False  # in this frame they are not reported any more

    def retire(self) -> None:
        """Forget false starts and tracks that have been lost for too long."""
        tentative = self.tentative()
        self.state.drop(tentative[self.state.last_frame[tentative] < self.frame_id])
        tracks = self.confirmed()
        lost = tracks[self.state.last_frame[tracks] < self.frame_id]
        forgotten = self.seconds_lost(lost) > self.life.lost_seconds
        self.state.drop(lost[forgotten])
        lost = lost[~forgotten]
        if len(lost) > self.life.max_lost:
            newest_first = np.lexsort((self.state.ids[lost], -self.state.last_frame[lost]))
            self.state.drop(lost[newest_first[self.life.max_lost :]])

    def _covers_one_of_a_track(
        self, dets: np.ndarray, matched: np.ndarray, detections: Detections
    ) -> np.ndarray:
        """Return (P,) bool: the detection is probably a second box of a tracked person."""
        if not len(dets) or not len(matched):
            return np.zeros(len(dets), dtype=bool)
        overlap = pairwise_iou(detections.boxes[dets], detections.boxes[matched])
        overlap *= detections.labels[dets][:, None] == detections.labels[matched]
        return overlap.max(axis=1) > self.life.max_init_iou

    def _forget_those_before_the_gap(self) -> None:
        """Forget the tracks that :meth:`retire` would have forgotten in the skipped frames."""
        life, tracks = self.life, np.flatnonzero(self.state.alive)
        frames_lost = self.frame_id - self.state.last_frame[tracks] - 1
        # Of who was in view nobody knows when they left: as long as motion is trusted, not at all.
        in_view = max(life.lost_seconds, life.recent_seconds)
        limit = np.where(self.just_seen(tracks), in_view, life.lost_seconds)
        self.state.drop(tracks[frames_lost / self.frame_rate > limit])

    def _confirm(self, tracks: np.ndarray) -> None:
        state = self.state
        new = tracks[~state.confirmed[tracks]]
        state.confirmed[new] = True
        state.ids[new] = np.arange(self._next_id, self._next_id + len(new))
        self._next_id += len(new)
