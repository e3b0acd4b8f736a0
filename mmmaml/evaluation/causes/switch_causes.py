"""Circumstances of ID switches: what was there when a person got another id."""

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pandas as pd

from ...utils.box_overlap import row_iou
from ...utils.mot_files import FRAME, ID, LEFT
from ..sequences import ScoredSequence, TrackedSequence

NEW, TAKEN, FALSE, BACK = (
    'a new track',
    'the track of another person',
    'a track from a false box',
    'an earlier track of this person',
)
"""Kinds of switches, by the track that a person got."""

KINDS = (NEW, TAKEN, FALSE, BACK)
LOST, ELSEWHERE, ON_FALSE = 'lost', 'on another person', 'on a false box'


@dataclass(frozen=True)
class CauseProtocol:
    """Limits from which on a circumstance counts.

    Attributes:
        new_seconds: A track is new if it appeared so shortly before the switch.
        occlusion: Share of a person that another in front hides.
        beside_iou: Overlap of a false box with the person.
        doubled_iou: Overlap from which on such a box is a second one on the person.
    """

    new_seconds: float = 0.2
    occlusion: float = 0.3
    beside_iou: float = 0.2
    doubled_iou: float = 0.5


class Switch(NamedTuple):
    """One ID switch.

    Attributes:
        sequence: Name of the sequence.
        frame: Frame in which the person has the new id, from 1.
        person: Id in the ground truth.
        old_id: Track of the person before.
        new_id: Track from now on.
        kind: One of ``KINDS``.
        gap_seconds: Time since the last match, less the frame itself: 0 if there is no gap.
        occlusion: Largest share of the person that another in front hid, from the last match on.
        beside: ``doubled`` or ``false`` if such a box lies on or beside the person; else empty.
        old_track: ``lost``, ``on another person`` or ``on a false box`` in that frame.
        stage: Stage of matching that gave the person the new track; empty if not known.
        similarity: Of the person and that track, as the tracker saw it; NaN if not known.
    """

    sequence: str
    frame: int
    person: int
    old_id: int
    new_id: int
    kind: str
    gap_seconds: float
    occlusion: float
    beside: str
    old_track: str
    stage: str = ''
    similarity: float = math.nan


Decisions = Mapping[tuple[int, int], tuple[str, float]]
"""Stage and similarity by which an id (second) has its detection in a frame (first)."""


def switch_causes(
    scored: ScoredSequence,
    frame_rate: float,
    protocol: CauseProtocol | None = None,
    decisions: Decisions | None = None,
) -> list[Switch]:
    """Find the circumstances of each switch of a sequence.

    Args:
        scored: Its boxes and event log.
        frame_rate: Frames per second.
        protocol: See :class:`CauseProtocol`; None for its defaults.
        decisions: Of the tracker, by frame from 1 and id, see ``OnlineMetaTracker.decisions``.
            None leaves stage and similarity of the switches open.

    Returns:
        As many as the event log has switches, ordered by frame.

    Raises:
        ValueError: The frame rate is not positive, or the event log is of other boxes.
    """
    if not frame_rate > 0:
        raise ValueError(f'frame_rate={frame_rate} must be greater than 0 frames per second')
    return list(_Causes(scored, frame_rate, protocol or CauseProtocol(), decisions or {}))


class _Causes:
    """Boxes and events of a sequence, by frame, as the questions about a switch need them."""

    def __init__(
        self,
        scored: ScoredSequence,
        rate: float,
        protocol: CauseProtocol,
        decisions: Decisions,
    ) -> None:
        self._decisions = decisions
        self._sequence: TrackedSequence = scored.sequence
        self._rate, self._protocol = rate, protocol
        events = scored.events
        matched = events[events['type'].isin(['match', 'switch'])]
        columns = ['frame', 'gt_id', 'track_id']
        self._matches = matched[columns].to_numpy(dtype=np.int64)
        self._switches = matched.loc[matched['type'] == 'switch', columns].to_numpy(np.int64)
        false = events.loc[events['type'] == 'false_positive', ['frame', 'track_id']]
        self._false = {tuple(pair) for pair in false.to_numpy(dtype=np.int64).tolist()}
        self._gt = _by_frame(scored.sequence.gt)
        self._tracks = _by_frame(scored.sequence.results)

    def __iter__(self) -> Iterator[Switch]:
        for frame, person, new in self._switches.tolist():
            matches = self._matches
            before = matches[(matches[:, 1] == person) & (matches[:, 0] < frame)]
            if not len(before):
                raise ValueError(
                    f'{self._sequence.name}: the event log has a switch of person {person} in '
                    f'frame {frame} and no match before'
                )
            last, _, old = before[before[:, 0].argmax()].tolist()
            yield Switch(
                self._sequence.name,
                frame,
                person,
                old,
                new,
                self._kind(frame, person, new),
                (frame - last - 1) / self._rate,
                max(self._occlusion(each, person) for each in range(last, frame + 1)),
                self._beside(frame, person),
                self._whereabouts(frame, old),
                *self._decisions.get((frame, new), ('', math.nan)),
            )

    def _kind(self, frame: int, person: int, track: int) -> str:
        rows = self._sequence.results
        first = rows[rows[:, ID] == track, FRAME].min(initial=frame)
        if frame - first <= self._protocol.new_seconds * self._rate + 1e-6:
            return NEW
        matches = self._matches
        own = matches[(matches[:, 2] == track) & (matches[:, 0] < frame)]
        if not len(own):
            return FALSE
        # The last one that the track was on, however long ago.
        return BACK if own[own[:, 0].argmax(), 1] == person else TAKEN

    def _whereabouts(self, frame: int, track: int) -> str:
        matches = self._matches
        if ((matches[:, 0] == frame) & (matches[:, 2] == track)).any():
            return ELSEWHERE
        return ON_FALSE if (frame, track) in self._false else LOST

    def _occlusion(self, frame: int, person: int) -> float:
        rows = self._gt.get(frame)
        if rows is None or not (rows[:, ID] == person).any():
            return 0.0
        own = rows[rows[:, ID] == person][0, LEFT : LEFT + 4]
        others = rows[rows[:, ID] != person][:, LEFT : LEFT + 4]
        # Of two people the one whose feet are lower in the image is in front.
        others = others[others[:, 1] + others[:, 3] >= own[1] + own[3]]
        shared = np.minimum(others[:, :2] + others[:, 2:], own[:2] + own[2:])
        shared = np.maximum(shared - np.maximum(others[:, :2], own[:2]), 0).prod(1)
        return min(float(shared.max(initial=0.0) / max(own[2] * own[3], 1e-9)), 1.0)

    def _beside(self, frame: int, person: int) -> str:
        rows, gt = self._tracks.get(frame), self._gt.get(frame)
        if rows is None or gt is None:
            return ''
        false = [(frame, int(track)) in self._false for track in rows[:, ID]]
        boxes = rows[np.array(false, dtype=bool), LEFT : LEFT + 4]
        overlap = row_iou(gt[gt[:, ID] == person, LEFT : LEFT + 4], boxes).max(initial=0.0)
        if overlap >= self._protocol.doubled_iou:
            return 'doubled'
        return 'false' if overlap >= self._protocol.beside_iou else ''


def _by_frame(rows: np.ndarray) -> dict[int, np.ndarray]:
    rows = rows[np.argsort(rows[:, FRAME], kind='stable')]
    bounds = np.flatnonzero(np.diff(rows[:, FRAME])) + 1
    return {int(part[0, FRAME]): part for part in np.split(rows, bounds) if len(part)}


def switch_table(switches: Iterable[Switch]) -> pd.DataFrame:
    """Return one row a switch, columns as :class:`Switch`."""
    return pd.DataFrame(list(switches), columns=list(Switch._fields))


SUMMARY = (
    'the person gets',
    'switches',
    'no gap',
    'gap < 1 s',
    'gap >= 1 s',
    'hidden by another',
    'doubled or false box',
    'old track on another person',
)


def count_causes(
    switches: Iterable[Switch], protocol: CauseProtocol | None = None
) -> list[list[str | int]]:
    """Count switches by kind and circumstance.

    Args:
        switches: Of one or several sequences.
        protocol: The one they were found by; None for its defaults.

    Returns:
        A row for each kind and one for all, columns ``SUMMARY``. Circumstances overlap; the gaps
        add up to the switches.
    """
    limits, switches = protocol or CauseProtocol(), list(switches)
    rows: list[list[str | int]] = []
    for kind in (*KINDS, 'all'):
        those = [each for each in switches if kind in (each.kind, 'all')]
        tests = (
            [True for _ in those],
            [each.gap_seconds <= 0 for each in those],
            [0 < each.gap_seconds < 1 for each in those],
            [each.gap_seconds >= 1 for each in those],
            [each.occlusion >= limits.occlusion for each in those],
            [bool(each.beside) for each in those],
            [each.old_track == ELSEWHERE for each in those],
        )
        rows.append([kind, *map(sum, tests)])
    return rows


STAGES = ('stage of matching', *KINDS, 'all', 'median similarity')


def count_stages(switches: Iterable[Switch]) -> list[list[str | int | float]]:
    """Count switches by the stage that gave the person the new track.

    Args:
        switches: Found with ``decisions``.

    Returns:
        A row for each stage, most switches first, columns ``STAGES``. The median is that of the
        similarities that are known, NaN without any.
    """
    switches = list(switches)
    rows: list[list[str | int | float]] = []
    for stage in {each.stage for each in switches}:
        those = [each for each in switches if each.stage == stage]
        known = [each.similarity for each in those if not math.isnan(each.similarity)]
        counts = [sum(each.kind == kind for each in those) for kind in KINDS]
        median = float(np.median(known)) if known else math.nan
        rows.append([stage, *counts, len(those), median])
    return sorted(rows, key=lambda row: (-int(row[-2]), str(row[0])))
