"""Re-entry: lost people who come back elsewhere, by appearance alone."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from ..tracks.track_pool import TrackPool
from .partial_matches import PartialMatches
from .stage import SimilarityDefault, Stage

# The adapted metric is centred on the people in view, so that the cosines of different people
# spread about 0, and low ones of the same person are no rarity.
SIM_THR = SimilarityDefault(plain=0.6, adapted=0.4)


@dataclass(frozen=True)
class ReentryStage(Stage):
    """Lost tracks, by appearance alone, within reach of their people.

    Someone who returns is often half hidden at first. So they are looked for as long as their
    new track is tentative; the old track then takes its detection, and the new one ends.

    Args:
        sim_thr: Least cosine, −1..1, for a lost track to continue at a detection. Lower: more
            people keep their id when they return, more ids go to look-alikes. None: 0.6 for
            features as they are, 0.4 for adapted ones.
        speed: Speed of people since they were last seen, in heights of their box per second;
            walking is about 0.8. Larger: a wider search.
        anywhere_seconds: Lost for longer, a person may return anywhere in the image.
    """

    name: ClassVar[str] = 'reentry'

    sim_thr: float | None = None
    speed: float = 2.0
    anywhere_seconds: float = 4.0

    def __post_init__(self) -> None:
        self._check_similarity('sim_thr')
        self._check('speed', 'at least 0', 0)
        self._check('anywhere_seconds', 'at least 0', 0)

    def match(self, frame: PartialMatches) -> None:
        """Match lost tracks to strong detections of nobody who is reported."""
        pool, detections = frame.pool, frame.detections
        tracks = frame.of_known_appearance(frame.unmatched(pool.confirmed()))
        if not len(tracks):
            return
        unnamed = (frame.tracks < 0) | ~pool.state.confirmed[frame.tracks]
        dets = frame.with_features(detections.high & unnamed)
        if not len(dets):
            return
        reachable = self._reachable(pool, tracks, detections.boxes[dets])
        rows, columns = reachable.any(axis=1), reachable.any(axis=0)
        tracks, dets = tracks[rows], dets[columns]
        if not len(tracks):
            return
        before = frame.tracks[dets]
        assert frame.feats is not None
        feats = frame.appearance.means_with(before, dets, detections, frame.feats)
        cost = 1 - frame.appearance.similarity(tracks, feats)
        cost[~reachable[np.ix_(rows, columns)]] = np.inf
        frame.match(tracks, dets, cost, 1 - SIM_THR.unless(self.sim_thr, frame.appearance))
        changed = frame.tracks[dets] != before
        frame.reentered = frame.tracks[dets[changed]]

    def _reachable(self, pool: TrackPool, tracks: np.ndarray, boxes: np.ndarray) -> np.ndarray:
        """Return (T, P) bool: the person of a track can have come to a box (P, 4)."""
        last = pool.state.boxes[tracks]
        centre, target = (last[:, :2] + last[:, 2:]) / 2, (boxes[:, :2] + boxes[:, 2:]) / 2
        way = np.linalg.norm(centre[:, None] - target[None], axis=2)
        seconds, height = pool.seconds_lost(tracks), last[:, 3] - last[:, 1]
        # Half a height of slack covers the jitter of boxes and people who sit down or get up.
        reach = (0.5 + self.speed * seconds) * height
        anywhere = seconds > self.anywhere_seconds
        return (way <= reach[:, None]) | anywhere[:, None]
