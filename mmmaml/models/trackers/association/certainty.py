"""Certainty of identities: this pair against its alternatives."""

from typing import NamedTuple

import numpy as np
from torch import Tensor

from ..appearance.track_appearance import TrackAppearance
from ..detections.detections import Detections
from ..detections.frame_input import take_rows
from ..motion import kalman
from ..tracks.matches import Matches
from ..tracks.track_pool import TrackPool

DOUBTS = 'poor fit', 'other box', 'swap', 'takeover', 'split'
"""Kinds of the strongest alternative: nobody who is known; another detection that no track took;
two tracks with exchanged detections; a track that got no detection in this frame; an older track
instead of a new one."""

NOBODY = float(np.exp(-kalman.CHI2_95_4DOF / 2))
"""Evidence of someone unknown: that of a pair at the edge of the motion gate, of appearance that
says nothing."""

_LARGEST_DISTANCE = 60.0
_LEAST = 1e-6


class Certainty(NamedTuple):
    """Certainty of the identities of N detections.

    Attributes:
        values: (N,) in 0..1.
        rivals: (N,) id of the track that the strongest alternative is about, −1 if none.
        doubts: (N,) position of the strongest alternative in :data:`DOUBTS`.
    """

    values: np.ndarray
    rivals: np.ndarray
    doubts: np.ndarray

    @classmethod
    def empty(cls, number: int) -> 'Certainty':
        """Return that of detections of which nothing is known."""
        whole = np.full(number, -1, dtype=np.int64)
        return cls(np.full(number, np.nan), whole, np.zeros(number, dtype=np.int64))

    def spread(self, rows: np.ndarray, number: int) -> 'Certainty':
        """Return the same for all detections of an input, of which ``rows`` (N,) are known."""
        spread = self.empty(number)
        for full, some in zip(spread, self, strict=True):
            full[rows] = some
        return spread


def rate(
    pool: TrackPool,
    detections: Detections,
    feats: Tensor | None,
    appearance: TrackAppearance,
    matches: Matches,
) -> Certainty:
    """Rate the identity of each detection of a frame.

    The evidence G of a track and a detection is the odds of their appearance, p / (1 − p) of the
    calibrated likelihood p, times exp(−d² / 2) of the squared Mahalanobis distance d² of their
    boxes. A pair (t, n) that was matched has the posterior of the cheap JPDA (Fitzgerald 1986),
    ``G_tn / (Σ_s G_sn + Σ_m G_tm − G_tn + NOBODY)``; a detection that no reported track took is
    someone new with ``NOBODY / (Σ_s G_sn + NOBODY)``.

    Args:
        pool: The tracks, predicted for this frame and not yet updated.
        detections: The N detections.
        feats: (N, C) their features, or None.
        appearance: Compares tracks and features.
        matches: Pairs of this frame.
    """
    tracks, number = pool.confirmed(), len(detections)
    owner = np.full(number, -1, dtype=np.int64)
    owner[matches.dets] = matches.tracks
    # Rows of the evidence; the one behind the last is nobody.
    place = np.full(pool.state.capacity + 1, -1, dtype=np.int64)
    place[tracks] = np.arange(len(tracks))
    own = np.where(owner >= 0, place[owner], -1)
    if not len(tracks) or not number:
        nobody = np.full(number, -1, dtype=np.int64)
        return Certainty(np.ones(number), nobody, np.zeros(number, dtype=np.int64))
    evidence = _evidence(pool, tracks, detections, feats, appearance)
    dets, known = np.arange(number), own >= 0
    row = own.clip(0)
    pair = evidence[row, dets]
    of_det, of_track = evidence.sum(axis=0), evidence.sum(axis=1)[row]
    values = np.where(
        known, pair / (of_det + of_track - pair + NOBODY), NOBODY / (of_det + NOBODY)
    )
    return _explain(evidence, own, pool.state.ids[tracks], values)


def _evidence(
    pool: TrackPool,
    tracks: np.ndarray,
    detections: Detections,
    feats: Tensor | None,
    appearance: TrackAppearance,
) -> np.ndarray:
    """Return the evidence (T, N) that tracks and detections are of one person."""
    number = len(detections)
    row, column = (each.ravel() for each in np.indices((len(tracks), number)))
    distance = kalman.gating_distance(
        pool.state.motion[tracks[row]], detections.measured[column], pool.box_model
    ).reshape(len(tracks), number)
    exponent = -np.minimum(distance, _LARGEST_DISTANCE) / 2
    # Of the long lost the motion says nothing.
    lost = pool.seconds_lost(tracks) > pool.life.recent_seconds
    exponent[lost] = np.log(NOBODY)
    compared = np.flatnonzero(appearance.known(tracks))
    strong = np.flatnonzero(detections.high)
    if feats is not None and len(compared) and len(strong):
        cosines = appearance.similarity(tracks[compared], take_rows(feats, strong))
        likelihood = appearance.likelihood(cosines).clip(_LEAST, 1 - _LEAST)
        exponent[np.ix_(compared, strong)] += np.log(likelihood / (1 - likelihood))
    other_class = pool.state.labels[tracks][:, None] != detections.labels
    return np.where(other_class, 0.0, np.exp(exponent))


def _explain(
    evidence: np.ndarray, own: np.ndarray, ids: np.ndarray, values: np.ndarray
) -> Certainty:
    """Name the strongest alternative of each detection."""
    number = evidence.shape[1]
    dets, known = np.arange(number), own >= 0
    matched = np.zeros(len(ids), dtype=bool)
    matched[own[known]] = True
    others = evidence.copy()
    others[own[known], dets[known]] = 0
    rival = others.argmax(axis=0)  # the other track nearest to each detection
    by_track = others[rival, dets]
    row = own.clip(0)
    second = others[row].argmax(axis=1)  # the other detection nearest to the track
    by_det = np.where(known, others[row, second], 0.0)
    by_box = (by_det > by_track) & (by_det > NOBODY)
    taken = own[second] >= 0
    exchanged = np.where(by_box, taken, matched[rival])
    about = np.where(by_box, np.where(taken, own[second], -1), rival)
    doubts = np.where(by_box, np.where(taken, 2, 1), np.where(exchanged, 2, 3))
    doubts[~known & ~by_box] = 4
    unknown = ~by_box & (by_track <= NOBODY)
    doubts[unknown], about[unknown] = 0, -1
    return Certainty(values, np.where(about >= 0, ids[about], -1), doubts)
