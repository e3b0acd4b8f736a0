"""Identities of a whole video: pieces of tracks that are one person, joined."""

import heapq
import itertools
import math
from dataclasses import dataclass

import numpy as np

from ..utils.option_checks import check_number
from .track_pieces import Pieces

_LEAST_SCORE = 1e-9


@dataclass(frozen=True)
class JoinOptions:
    """Rules by which pieces are joined.

    Attributes:
        max_gap_seconds: Longest absence after which pieces of different tracks are joined. The
            MOTChallenge gives people who leave and come back a new id: long times recognise more
            people, and lower its scores where many come back.
        max_track_gap_seconds: Longest absence within a track that is believed; after a longer one
            its pieces are two people. Infinite by default: people whom the tracker recognised
            stay recognised. Small values follow the rule of the MOTChallenge.
        sim_thr: Cosine, under the metric of the scene, above which pieces are one person.
        track_bonus: Added to the cosine of neighbours that the tracker held for one person: how
            much worse they may look before the track is split. Large values never split.
        max_speed: Fastest a person walks, in heights of the person per second.
        slack: Distance in heights that is always allowed, for boxes that jitter.
    """

    max_gap_seconds: float = 3.0
    max_track_gap_seconds: float = math.inf
    sim_thr: float = 0.4
    track_bonus: float = 0.2
    max_speed: float = 2.0
    slack: float = 0.5

    def __post_init__(self) -> None:
        lengths = 'max_gap_seconds', 'max_track_gap_seconds'
        for name in (*lengths, 'track_bonus', 'max_speed', 'slack'):
            check_number(name, getattr(self, name), 'at least 0', 0)
        check_number('sim_thr', self.sim_thr, 'from -1 to 1', -1, 1)


def join_pieces(
    pieces: Pieces, frame_rate: float, options: JoinOptions | None = None
) -> np.ndarray:
    """Group the pieces of a video by person.

    Agglomeration: the two groups that look most alike are joined, as long as any two do. Groups
    look alike by the cosine of the means of all their observations. Two pieces of one moment are
    never joined, nor pieces that follow each other too far or too late to be one person; the
    pieces of a track may follow each other at any time.

    Args:
        pieces: The pieces.
        frame_rate: Frames per second.
        options: See :class:`JoinOptions`; None for its defaults.

    Returns:
        (P,) ids from 1. A group keeps the id of the track that it holds most frames of, as far as
        no other group holds more of it; the others get numbers beyond those of the tracks.
    """
    if not len(pieces):
        return np.zeros(0, dtype=np.int64)
    groups = _Groups(pieces, frame_rate, options or JoinOptions())
    groups.join()
    return _named(groups.labels(), pieces)


class _Groups:
    """Groups of pieces, each known by one of them, and the possible joins in a heap."""

    def __init__(self, pieces: Pieces, frame_rate: float, options: JoinOptions) -> None:
        self._pieces, self._options = pieces, options
        self._frame_rate = frame_rate
        self._follows = np.zeros(len(pieces), dtype=bool)
        self._follows[1:] = pieces.track[1:] == pieces.track[:-1]
        self._members = {i: [i] for i in range(len(pieces))}
        self._sums = pieces.appearance * pieces.weight[:, None]
        self._near: dict[int, set[int]] = {i: set() for i in self._members}
        self._version = dict.fromkeys(self._members, 0)
        self._heap: list[tuple[float, int, int, int, int]] = []

    def join(self) -> None:
        """Join the best pair until none is good enough."""
        for a, b in self._candidates():
            self._near[a].add(b)
            self._near[b].add(a)
            self._push(a, b)
        while self._heap:
            _, a, b, of_a, of_b = heapq.heappop(self._heap)
            known = a in self._members and b in self._members
            if known and (of_a, of_b) == (self._version[a], self._version[b]):
                self._merge(a, b)

    def labels(self) -> np.ndarray:
        """Return the group (P,) of each piece."""
        labels = np.zeros(len(self._pieces), dtype=np.int64)
        for name, members in self._members.items():
            labels[members] = name
        return labels

    def _candidates(self) -> list[tuple[int, int]]:
        """List pairs of pieces of which the second may follow the first at once."""
        pieces, reach = self._pieces, self._options.max_gap_seconds * self._frame_rate
        order = np.argsort(pieces.first, kind='stable')
        starts = pieces.first[order]
        followers = np.flatnonzero(self._follows).tolist()
        pairs = {(i - 1, i) for i in followers if self._may_follow(i - 1, i)}
        for a in range(len(pieces)):
            low = np.searchsorted(starts, pieces.last[a], side='right')
            high = np.searchsorted(starts, pieces.last[a] + reach + 1e-6, side='right')
            pairs |= {(a, int(b)) for b in order[low:high] if self._may_follow(a, int(b))}
        return sorted(pairs)

    def _may_follow(self, a: int, b: int) -> bool:
        """Tell if piece b can be the next of the person of piece a, which ends before it."""
        pieces, options = self._pieces, self._options
        if pieces.label[a] != pieces.label[b]:
            return False
        seconds = (pieces.first[b] - pieces.last[a]) / self._frame_rate
        if b == a + 1 and self._follows[b]:
            return bool(seconds <= options.max_track_gap_seconds + 1e-6)
        end, start = pieces.end[a], pieces.start[b]
        away = np.linalg.norm(end[:2] + end[2:] / 2 - start[:2] - start[2:] / 2)
        heights = away / max((end[3] + start[3]) / 2, 1e-9)
        near = heights <= options.slack + options.max_speed * seconds
        return bool(near and seconds <= options.max_gap_seconds + 1e-6)

    def _push(self, a: int, b: int) -> None:
        score = self._score(a, b)
        if score > 0:
            a, b = min(a, b), max(a, b)
            heapq.heappush(self._heap, (-score, a, b, self._version[a], self._version[b]))

    def _score(self, a: int, b: int) -> float:
        """Return how much better than the threshold two groups fit; 0 or less if they do not."""
        order = sorted(
            self._members[a] + self._members[b], key=lambda piece: self._pieces.first[piece]
        )
        first, last = self._pieces.first, self._pieces.last
        bonus, followed = 0.0, False
        inside_a = set(self._members[a])
        for before, after in itertools.pairwise(order):
            if last[before] >= first[after]:
                return 0.0
            if (before in inside_a) == (after in inside_a):
                continue
            if not self._may_follow(before, after):
                return 0.0
            if after == before + 1 and self._follows[after]:
                bonus, followed = self._options.track_bonus, True
        lengths = np.linalg.norm(self._sums[a]) * np.linalg.norm(self._sums[b])
        if lengths <= 0:
            # Nothing is known of their looks: the tracker is believed.
            return max(float(bonus), _LEAST_SCORE) if followed else 0.0
        return float(self._sums[a] @ self._sums[b] / lengths) - self._options.sim_thr + bonus

    def _merge(self, a: int, b: int) -> None:
        self._members[a] += self._members.pop(b)
        self._sums[a] += self._sums[b]
        self._version[a] += 1
        near = (self._near[a] | self._near.pop(b)) - {a, b}
        self._near[a] = near
        for other in sorted(near):
            self._near[other].discard(b)
            self._near[other].add(a)
            self._push(a, other)


def _named(labels: np.ndarray, pieces: Pieces) -> np.ndarray:
    """Give groups (P,) the ids of their tracks, as far as these are free."""
    frames = pieces.last - pieces.first + 1
    pairs, index = np.unique(np.stack([labels, pieces.track], 1), axis=0, return_inverse=True)
    held = np.bincount(index.reshape(-1), weights=frames)
    names: dict[int, int] = {}
    used: set[int] = set()
    for at in np.lexsort((pairs[:, 0], pairs[:, 1], -held)):
        group, track = pairs[at].tolist()
        if group not in names and track not in used:
            names[group] = track
            used.add(track)
    free = int(pieces.track.max()) + 1
    for group in labels.tolist():
        if group not in names:
            names[group], free = free, free + 1
    return np.array([names[group] for group in labels.tolist()], dtype=np.int64)
