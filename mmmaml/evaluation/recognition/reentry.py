"""Re-entry: the identity of people who come back after an absence.

MOTA and IDF1 hardly notice it: people who come back are few among all boxes. Here each re-entry
is one event, and its outcome is read from the event log of the evaluation, that is, from
matches at an IoU of at least 0.5.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np
import pandas as pd

from ...utils.mot_files import FRAME, ID, VISIBILITY


class Kept(NamedTuple):
    """Outcome of re-entries: the number that kept their id, and of all."""

    kept: int
    total: int


@dataclass(frozen=True)
class ReentryProtocol:
    """Definition of an absence, and of an identity that was kept.

    Attributes:
        seconds: Least lengths of an absence, > 0; a long one counts for each that it reaches.
        absence: ``'unseen'``: the ground truth does not show the person (no box that counts, or
            less visible than ``min_visibility``). The number of re-entries is then the same for
            every tracker. ``'untracked'``: no track was matched to the person, for whatever
            reason; to come back to no track at all is then no re-entry.
        min_visibility: Ground truth less visible than this is unseen, 0..1; one that states no
            visibility (−1) is seen. Used by ``'unseen'`` only.
        min_presence_seconds: Seen for less between two absences (of the least of ``seconds``),
            a person was not there: the absences are one. Keeps glimpses, which no tracker can
            confirm, from being re-entries.
        window_seconds: The id before an absence is the most frequent one of this time before
            it, the id after it the most frequent one of this time from the re-entry on. Of
            equally frequent ones the one nearest to the absence counts.

    Raises:
        ValueError: A value is out of its range.
    """

    seconds: tuple[float, ...] = (1.0, 3.0, 10.0)
    absence: Literal['unseen', 'untracked'] = 'unseen'
    min_visibility: float = 0.25
    min_presence_seconds: float = 0.5
    window_seconds: float = 1.0

    def __post_init__(self) -> None:
        if self.absence not in ('unseen', 'untracked'):
            raise ValueError(f"absence={self.absence!r} must be 'unseen' or 'untracked'")
        if not self.seconds or min(self.seconds) <= 0:
            raise ValueError(f'seconds={self.seconds} must hold lengths greater than 0')
        if self.window_seconds <= 0 or self.min_presence_seconds < 0:
            raise ValueError(
                f'window_seconds={self.window_seconds} must be greater than 0 and '
                f'min_presence_seconds={self.min_presence_seconds} at least 0'
            )


def reentry_rate(
    events: pd.DataFrame,
    gt: np.ndarray,
    frame_rate: float,
    protocol: ReentryProtocol | None = None,
) -> dict[float, Kept]:
    """Count the re-entries of one sequence, and those that kept the id.

    A re-entry keeps the id if a track was matched in the window before the absence and in the
    one after it, and it is the same.

    Args:
        events: The event log of the sequence (``ScoredSequence.events``).
        gt: (R, >= 9) the rows of ``gt.txt`` that were evaluated; for their visibility.
        frame_rate: Frames per second (``SequenceInfo.frame_rate``).
        protocol: See :class:`ReentryProtocol`; None for its defaults.

    Returns:
        Least length of the absence in seconds to :class:`Kept`.

    Raises:
        ValueError: The frame rate is not positive, or the event log is of other ground truth.
    """
    protocol = protocol or ReentryProtocol()
    if not frame_rate > 0:
        raise ValueError(f'frame_rate={frame_rate} must be greater than 0 frames per second')
    matches = _Matches(events, max(round(protocol.window_seconds * frame_rate), 1))
    if protocol.absence == 'untracked':
        seen = matches.rows[:, :2]
    else:
        seen = _seen(events, gt, protocol.min_visibility)
    shortest = min(protocol.seconds) * frame_rate
    reentries = _reentries(seen, shortest, protocol.min_presence_seconds * frame_rate)
    kept = np.array([matches.same_id(*each) for each in reentries.tolist()], dtype=bool)
    absent = reentries[:, 2] - reentries[:, 1] - 1
    result = {}
    for seconds in protocol.seconds:
        long = _at_least(absent, seconds * frame_rate)
        result[float(seconds)] = Kept(int(kept[long].sum()), int(long.sum()))
    return result


def sum_reentry(rates: Iterable[Mapping[float, Kept]]) -> dict[float, Kept]:
    """Add up the re-entries of several sequences."""
    total: dict[float, Kept] = {}
    for rate in rates:
        for seconds, new in rate.items():
            old = total.get(seconds, Kept(0, 0))
            total[seconds] = Kept(old.kept + new.kept, old.total + new.total)
    return total


class _Matches:
    """Track that each person was matched to.

    Args:
        events: The event log.
        window: Frames before and after an absence that tell the id.
    """

    def __init__(self, events: pd.DataFrame, window: int) -> None:
        self.window = window
        matched = events[events['type'].isin(['match', 'switch'])]
        rows = matched[['gt_id', 'frame', 'track_id']].to_numpy(dtype=np.int64)
        self.rows = rows[np.lexsort((rows[:, 1], rows[:, 0]))]

    def same_id(self, person: int, last: int, first: int) -> bool:
        """Tell if ``person`` has one id up to frame ``last`` and from frame ``first`` on."""
        start, stop = np.searchsorted(self.rows[:, 0], [person, person + 1])
        frames, tracks = self.rows[start:stop, 1], self.rows[start:stop, 2]
        before = tracks[(frames > last - self.window) & (frames <= last)]
        after = tracks[(frames >= first) & (frames < first + self.window)]
        return bool(len(before) and len(after)) and _majority(before[::-1]) == _majority(after)


def _majority(ids: np.ndarray) -> int:
    """Find the most frequent id, the earlier of equally frequent ones."""
    values, first, counts = np.unique(ids, return_index=True, return_counts=True)
    return int(values[np.lexsort((first, -counts))[0]])


def _seen(events: pd.DataFrame, gt: np.ndarray, min_visibility: float) -> np.ndarray:
    """List ``person, frame`` (R, 2) of ground truth that counts and can be seen, sorted."""
    counts = events.loc[events['gt_id'].notna(), ['gt_id', 'frame']].astype(np.int64)
    table = pd.DataFrame(gt[:, [ID, FRAME]].astype(np.int64), columns=['gt_id', 'frame'])
    table['visibility'] = gt[:, VISIBILITY]
    joined = counts.merge(table, how='left', on=['gt_id', 'frame']).sort_values(['gt_id', 'frame'])
    if (unknown := joined['visibility'].isna()).any():
        person, frame = joined.loc[unknown, ['gt_id', 'frame']].iloc[0]
        raise ValueError(
            f'the event log has person {person} in frame {frame}, the ground truth has not: give '
            'the rows that were evaluated'
        )
    visibility = joined['visibility'].to_numpy()
    visible = (visibility >= min_visibility) | (visibility < 0)
    return joined.loc[visible, ['gt_id', 'frame']].to_numpy()


def _reentries(seen: np.ndarray, min_absence: float, min_presence: float) -> np.ndarray:
    """Find the re-entries.

    Args:
        seen: (R, 2) ``person, frame``, sorted.
        min_absence: Least number of frames between two presences.
        min_presence: Least number of frames of a presence.

    Returns:
        (A, 3) ``person, last frame before, first frame after``.
    """
    if not len(seen):
        return np.zeros((0, 3), dtype=np.int64)
    person, frame = seen.T
    absent = _at_least(np.diff(frame) - 1, min_absence)
    start = np.flatnonzero(np.append(True, (np.diff(person) != 0) | absent))
    length = np.diff(np.append(start, len(seen)))
    present = _at_least(length, min_presence)
    first, last = start[present], (start + length - 1)[present]
    same = person[first[1:]] == person[first[:-1]]
    columns = (person[first[1:]], frame[last[:-1]], frame[first[1:]])
    return np.stack(columns, axis=1)[same]


def _at_least(frames: np.ndarray, wanted: float) -> np.ndarray:
    # Seconds times frames per second, a whole number up to rounding.
    return frames >= wanted - 1e-6
