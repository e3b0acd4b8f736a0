"""The life of tracks: start, motion, looks, end."""

from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor

from . import motion
from .appearance import AppearanceMemory
from .detections import Detections
from .gallery import Gallery
from .track_looks import TrackLooks
from .track_state import TrackState
from .tracker_options import TrackerOptions

if TYPE_CHECKING:
    from .frame_matching import FrameMatching


class TrackPool:
    """All tracks of a video and its clock; knows nothing of how they are matched.

    Args:
        options: Knobs of the tracker.
        frame_rate: Frames per second of the video.
        looks: Sees what tracks look like next, before they learn it.

    Attributes:
        state: The tracks.
        appearance: Their looks; None until features have been seen.
        frame_id: The current frame, None before the first.
        previous_frame_id: The one before it, None at the first.
    """

    def __init__(self, options: TrackerOptions, frame_rate: float, looks: TrackLooks) -> None:
        self.options = options
        self.frame_rate = float(frame_rate)
        self.looks = looks
        self.state = TrackState.empty()
        self.appearance: AppearanceMemory | None = None
        self.frame_id: int | None = None
        self.previous_frame_id: int | None = None
        self._next_id = 1

    # ---- who is there

    def tentative(self) -> np.ndarray:
        """Slots of tracks that are not reported yet."""
        return self.state.slots(confirmed=False)

    def confirmed(self) -> np.ndarray:
        """Slots of reported tracks, seen or lost."""
        return self.state.slots(confirmed=True)

    def just_seen(self, tracks: np.ndarray) -> np.ndarray:
        """(T,) bool: seen in the frame before."""
        return self.state.last_frame[tracks] == self.previous_frame_id

    def seconds_unseen(self, tracks: np.ndarray) -> np.ndarray:
        """(T,) seconds since the tracks were seen, up to the current frame."""
        return (self.frame_id - self.state.last_frame[tracks]) / self.frame_rate

    def recent(self) -> np.ndarray:
        """Slots of reported tracks whose motion is still trusted."""
        tracks = self.confirmed()
        recent = self.seconds_unseen(tracks) <= self.options.recent_seconds
        return tracks[recent | self.just_seen(tracks)]

    def with_looks(self, tracks: np.ndarray) -> np.ndarray:
        """Those of the tracks whose appearance is known."""
        return tracks[self.looks_known(tracks)]

    def looks_known(self, tracks: np.ndarray) -> np.ndarray:
        """(T,) bool: the appearance is known."""
        if self.appearance is None:
            return np.zeros(len(tracks), dtype=bool)
        return self.appearance.known(tracks)

    def looks_since_start(
        self, owners: np.ndarray, found: np.ndarray, detections: Detections
    ) -> Tensor:
        """Features of detections, averaged with those of the track each belongs to.

        Args:
            owners: (N,) slot of each detection's track, −1 where it has none.
            found: (P,) detections wanted.
            detections: All detections.

        Returns:
            (P, C): the track's mean so far and the feature, weighted by the trust behind each; of
            a detection without a track, or of a track without looks, its own feature.
        """
        feats, memory = detections.features(found), self.appearance
        assert memory is not None
        owner = owners[found]
        weight = np.where(owner >= 0, memory.weight[owner], 0.0)
        share = torch.from_numpy(weight / (weight + detections.trust(found))).to(feats)
        index = torch.from_numpy(owner).to(feats.device)
        return torch.lerp(feats, memory.mean[index], share[:, None])

    def reachable(self, tracks: np.ndarray, boxes: np.ndarray) -> np.ndarray:
        """Whether lost tracks (T,) can have come to boxes (N, 4): (T, N) bool."""
        last = self.state.boxes[tracks]
        centre, target = (last[:, :2] + last[:, 2:]) / 2, (boxes[:, :2] + boxes[:, 2:]) / 2
        way = np.linalg.norm(centre[:, None] - target[None], axis=2)
        seconds, height = self.seconds_unseen(tracks), last[:, 3] - last[:, 1]
        # Half a height of slack covers the jitter of boxes and people who sit down or get up.
        reach = (0.5 + self.options.reentry_speed * seconds) * height
        anywhere = seconds > self.options.reentry_anywhere_seconds
        return (way <= reach[:, None]) | anywhere[:, None]

    # ---- what happens to them

    def advance(self, frame_id: int) -> None:
        """Move on to a frame, forget the long lost, and predict where everyone else is."""
        frames = 1 if self.frame_id is None else frame_id - self.frame_id
        self.previous_frame_id, self.frame_id = self.frame_id, frame_id
        if frames > 1:
            self._forget_those_before_the_gap()
        alive = np.flatnonzero(self.state.alive)
        states = self.state.motion[alive]
        # Unseen people keep walking, but their box must not keep growing or shrinking.
        states[~self.just_seen(alive), motion.VELOCITY, motion.SIZE :] = 0
        model = self.options.box_model
        states = motion.predict(states, frames, model)
        size = states[:, motion.POSITION, motion.SIZE :]
        np.maximum(size, model.MIN_SIZE, out=size)
        self.state.motion[alive] = states

    def move_camera(self, transform: np.ndarray) -> None:
        """See everyone, the lost included, as the camera does that has moved.

        Args:
            transform: (2, 3) affine, pixels of the frame before to pixels of this frame.
        """
        state = self.state
        alive = np.flatnonzero(state.alive)
        state.motion[alive] = motion.warp(state.motion[alive], transform, self.options.box_model)
        state.boxes[alive] = motion.warp_boxes(state.boxes[alive], transform)

    def update(self, matching: 'FrameMatching', detections: Detections) -> None:
        """Bring matched tracks up to date."""
        state = self.state
        tracks, found = matching.pairs()
        measured, model = detections.measured[found], self.options.box_model
        updated = motion.update(state.motion[tracks], measured, model)
        if len(matching.returned):
            # Where someone comes back says nothing about how they walk.
            returned = np.isin(tracks, matching.returned)
            updated[returned] = motion.initiate(measured[returned], model)
        state.motion[tracks] = updated
        state.boxes[tracks] = detections.boxes[found]
        state.last_frame[tracks] = self.frame_id
        state.hits[tracks] += 1
        self._confirm(tracks[state.hits[tracks] >= self.options.num_tentatives])
        if detections.feats is not None and len(tracks):
            self._learn_looks(tracks, found, detections)

    def start(self, matching: 'FrameMatching', detections: Detections) -> None:
        """Start a track for each strong detection that belongs to nobody."""
        strong = detections.scores >= self.options.init_score_thr
        found = matching.free(strong & detections.high)
        if not len(found):
            return
        state = self.state
        tracks = state.add(len(found))
        matching.assign_new(tracks, found)
        state.confirmed[tracks] = False
        state.ids[tracks] = 0
        state.labels[tracks] = detections.labels[found]
        state.hits[tracks] = 1
        state.last_frame[tracks] = self.frame_id
        state.boxes[tracks] = detections.boxes[found]
        state.motion[tracks] = motion.initiate(detections.measured[found], self.options.box_model)
        if self.previous_frame_id is None or self.options.num_tentatives == 1:
            self._confirm(tracks)
        if self.appearance is not None:
            self.appearance.reserve(state.capacity)
            self.appearance.clear(tracks)
        if detections.feats is not None:
            self._learn_looks(tracks, found, detections)

    def retire(self) -> None:
        """Forget false starts and those who have been away too long."""
        tentative = self.tentative()
        self.state.drop(tentative[self.state.last_frame[tentative] < self.frame_id])
        tracks = self.confirmed()
        lost = tracks[self.state.last_frame[tracks] < self.frame_id]
        forgotten = self.seconds_unseen(lost) > self.options.lost_seconds
        self.state.drop(lost[forgotten])
        lost = lost[~forgotten]
        if len(lost) > self.options.max_lost:
            newest_first = np.lexsort((self.state.ids[lost], -self.state.last_frame[lost]))
            self.state.drop(lost[newest_first[self.options.max_lost :]])

    def _forget_those_before_the_gap(self) -> None:
        """Forget whom :meth:`retire` would have forgotten in the frames that were skipped."""
        options, tracks = self.options, np.flatnonzero(self.state.alive)
        frames_lost = self.frame_id - self.state.last_frame[tracks] - 1
        # Of who was in view nobody knows when they left: as long as motion is trusted, not at all.
        in_view = max(options.lost_seconds, options.recent_seconds)
        limit = np.where(self.just_seen(tracks), in_view, options.lost_seconds)
        self.state.drop(tracks[frames_lost / self.frame_rate > limit])

    def _confirm(self, tracks: np.ndarray) -> None:
        state = self.state
        new = tracks[~state.confirmed[tracks]]
        state.confirmed[new] = True
        state.ids[new] = np.arange(self._next_id, self._next_id + len(new))
        self._next_id += len(new)

    def _learn_looks(self, tracks: np.ndarray, found: np.ndarray, detections: Detections) -> None:
        memory = self._memory(detections)
        # Who hides behind someone looks like that someone; but a track without looks takes what
        # it can get, with little trust.
        clear = detections.covered[found] <= self.options.max_covered
        learn = detections.high[found] & (clear | ~memory.known(tracks))
        tracks, found = tracks[learn], found[learn]
        feats, trust = detections.features(found), detections.trust(found)
        if memory.exponential:
            trust = np.ones_like(trust)
        assert self.frame_id is not None
        known = memory.known(tracks)
        index = torch.from_numpy(known).to(feats.device)
        self.looks.observe(memory, tracks[known], feats[index], trust[known])
        memory.update(tracks, feats, trust, self.frame_id)

    def _memory(self, detections: Detections) -> AppearanceMemory:
        options, feats = self.options, detections.feats
        if self.appearance is None:
            assert feats is not None
            interval = options.gallery_seconds * self.frame_rate / options.gallery_size
            self.appearance = AppearanceMemory(
                num_channels=feats.shape[1],
                momentum=options.momentum,
                like=feats,
                exponential=options.feature_average == 'exponential',
                gallery=Gallery(options.gallery_size, interval)
                if self.looks.uses_gallery
                else None,
            )
        self.appearance.reserve(self.state.capacity)
        return self.appearance
