"""Items of a dataset that form a task (Eq. 1 of the paper)."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from ..utils.row_text import LARGEST


class Task(NamedTuple):
    """Items of one task.

    Attributes:
        identities: (N,) labels of its identities, within [0, num_identities).
        items: (N, k + q) indices into the wrapped dataset, of each row the first k are support.
    """

    identities: np.ndarray
    items: np.ndarray


class FrameTask(NamedTuple):
    """Frames of one task.

    Attributes:
        identities: (P,) labels of the identities that are in all of the frames, the anchor first.
        items: (k + q,) indices of the frames in the wrapped dataset, the first k are support.
    """

    identities: np.ndarray
    items: np.ndarray


@dataclass(frozen=True)
class IndexCounts:
    """Numbers of identities and boxes that take part, and of those that do not."""

    identities: int
    videos: int
    short_identities: int
    boxes_without_identity: int
    repeated_boxes: int


class _FrameOrder(NamedTuple):
    """Order in which identities ``first`` to ``last`` of a video take its frames."""

    first: int
    last: int
    low: int
    high: int
    frames: np.ndarray
    priority: np.ndarray


class EpisodeIndex:
    """Index of tasks by the identities, videos and frames of a dataset's items.

    An identity is a pair of video and instance id: it may have any id, and the same id in another
    video is another person. Items with id −1 belong to nobody and take no part; of several items
    of one identity in one frame the first does.

    Args:
        instance_id: (R,) identity of each item.
        video_id: (R,) its video. Videos of different datasets need different numbers.
        frame_id: (R,) its frame within the video.
        num_support: k support images of each identity.
        num_query: q query images of each identity.
        allow_repeats: Let identities with fewer than k + q frames (at least 1 + q) take part by
            repeating support images. Otherwise they take no part.

    Raises:
        ValueError: No identity has enough frames; the message gives the counts. Or the three
            differ in length, or hold something else than whole numbers.
    """

    def __init__(
        self,
        instance_id: np.ndarray,
        video_id: np.ndarray,
        frame_id: np.ndarray,
        num_support: int,
        num_query: int,
        allow_repeats: bool = False,
    ) -> None:
        self.num_support, self.num_query = num_support, num_query
        needed = (1 if allow_repeats else num_support) + num_query
        rows = _key_rows(video_id, instance_id, frame_id)
        known = np.flatnonzero(rows[:, 1] >= 0)
        unique, first = np.unique(rows[known], axis=0, return_index=True)
        keys, frames = np.unique(unique[:, :2], axis=0, return_counts=True)
        keep = frames >= needed
        self.counts = IndexCounts(
            identities=int(keep.sum()),
            videos=len(np.unique(keys[keep, 0])),
            short_identities=int((~keep).sum()),
            boxes_without_identity=len(rows) - len(known),
            repeated_boxes=len(known) - len(unique),
        )
        if not keep.any():
            raise ValueError(
                f'no identity has the {needed} frames a task of num_support={num_support} and '
                f'num_query={num_query} needs: {len(keys)} identities with at most '
                f'{frames.max(initial=0)} frames, {self.counts.boxes_without_identity} boxes '
                'without identity'
            )
        labels = np.repeat(np.where(keep, keep.cumsum() - 1, -1), frames)
        used = labels >= 0
        self.keys = keys[keep]
        self._items = known[first[used]]
        self._frames = unique[used, 2]
        self._labels = labels[used]
        self._bounds = np.concatenate([[0], np.cumsum(frames[keep])])
        videos = self.keys[:, 0]
        self._video_bounds = np.stack(
            [np.searchsorted(videos, videos, side) for side in ('left', 'right')], 1
        )

    @property
    def num_identities(self) -> int:
        """Identities that take part; labels are 0 to ``num_identities − 1``."""
        return len(self.keys)

    def draw(
        self, anchor: int, num_ways: int, window: int | None, rng: np.random.Generator
    ) -> Task:
        """Draw the task of one identity and ``num_ways − 1`` others of its subsequence.

        The identities share frames as far as they can, so that a frame decoded once serves all.
        If the subsequence holds too few identities, others of the same video fill the task,
        then such of other videos.

        Args:
            anchor: Label of the first identity.
            num_ways: N.
            window: Length of the subsequence in frames; None takes the whole video.
            rng: Source of all randomness.
        """
        first, last = self._video_bounds[anchor]
        rows = np.arange(self._bounds[first], self._bounds[last])
        low, high = self._subsequence(anchor, window, rng)
        inside = rows[(self._frames[rows] >= low) & (self._frames[rows] < high)]
        present = np.bincount(self._labels[inside] - first, minlength=last - first)
        near = first + np.flatnonzero(present >= self.num_support + self.num_query)
        others = self._fill(anchor, np.arange(first, last), near, num_ways - 1, rng)
        identities = np.concatenate([[anchor], others])
        # One random order of the video's frames for all identities makes them share frames.
        frames = np.unique(self._frames[rows])
        order = _FrameOrder(first, last, low, high, frames, rng.random(len(frames)))
        return Task(identities, np.stack([self._pick(i, order, rng) for i in identities]))

    def draw_frames(self, anchor: int, window: int | None, rng: np.random.Generator) -> FrameTask:
        """Draw k + q frames of one subsequence and find who is in all of them.

        Args:
            anchor: Label of an identity that is in all of the frames.
            window: Length of the subsequence in frames; None takes the whole video, in which
                few others are in the same frames as often.
            rng: Source of all randomness.
        """
        low, high = self._subsequence(anchor, window, rng)
        mine = np.arange(self._bounds[anchor], self._bounds[anchor + 1])
        mine = mine[(self._frames[mine] >= low) & (self._frames[mine] < high)]
        drawn = rng.permutation(mine)[: self.num_support + self.num_query]
        first, last = self._video_bounds[anchor]
        rows = np.arange(self._bounds[first], self._bounds[last])
        rows = rows[np.isin(self._frames[rows], self._frames[drawn])]
        present = np.bincount(self._labels[rows] - first, minlength=last - first)
        others = np.setdiff1d(first + np.flatnonzero(present == len(drawn)), [anchor])
        return FrameTask(np.append(anchor, rng.permutation(others)), self._items[drawn])

    def _subsequence(
        self, anchor: int, window: int | None, rng: np.random.Generator
    ) -> tuple[int, int]:
        frames = self._frames[self._bounds[anchor] : self._bounds[anchor + 1]]
        needed = self.num_support + self.num_query
        whole = int(np.iinfo(np.int64).min), int(np.iinfo(np.int64).max)
        if window is None or len(frames) < needed:
            return whole
        spans = frames[needed - 1 :] - frames[: len(frames) - needed + 1]
        starts = np.flatnonzero(spans < window)
        if not len(starts):
            return whole
        start = rng.choice(starts)
        slack = window - 1 - spans[start]
        low = int(frames[start] - rng.integers(slack + 1))
        return low, low + window

    def _fill(
        self,
        anchor: int,
        video: np.ndarray,
        near: np.ndarray,
        num: int,
        rng: np.random.Generator,
    ) -> np.ndarray:
        chosen = np.zeros(0, np.int64)
        taken = np.zeros(self.num_identities, dtype=bool)
        taken[anchor] = True
        for pool in (near, video, np.arange(self.num_identities)):
            if len(chosen) < num:
                picked = rng.permutation(pool[~taken[pool]])[: num - len(chosen)]
                taken[picked] = True
                chosen = np.concatenate([chosen, picked])
        return chosen

    def _pick(self, label: int, order: _FrameOrder, rng: np.random.Generator) -> np.ndarray:
        rows = np.arange(self._bounds[label], self._bounds[label + 1])
        frames = self._frames[rows]
        inside = (frames >= order.low) & (frames < order.high)
        inside &= order.first <= label < order.last
        if inside.sum() >= self.num_support + self.num_query:
            priority = order.priority[np.searchsorted(order.frames, frames[inside])]
            rows = rows[inside][np.argsort(priority, kind='stable')]
        else:
            rows = rng.permutation(rows)
        distinct = min(self.num_support, len(rows) - self.num_query)
        support = np.resize(rows[:distinct], self.num_support)
        query = rows[distinct : distinct + self.num_query]
        return self._items[np.concatenate([support, query])]


def _key_rows(video_id: np.ndarray, instance_id: np.ndarray, frame_id: np.ndarray) -> np.ndarray:
    """Return the three as columns of (R, 3) int64."""
    columns = {'video_id': video_id, 'instance_id': instance_id, 'frame_id': frame_id}
    lengths = {name: np.shape(column) for name, column in columns.items()}
    if len(set(lengths.values())) > 1 or len(np.shape(video_id)) != 1:
        raise ValueError(f'video_id, instance_id and frame_id must be (R,) all, got {lengths}')
    return np.stack([_whole_numbers(name, column) for name, column in columns.items()], axis=1)


def _whole_numbers(name: str, column: np.ndarray) -> np.ndarray:
    """Return a column as (R,) int64."""
    values = np.asarray(column)
    try:
        numbers = values.astype(np.float64)
    except (TypeError, ValueError, OverflowError):
        fine = [isinstance(each, int) and abs(each) <= LARGEST for each in values.tolist()]
        numbers = np.where(fine, 0.0, np.nan)
    bad = ~(np.abs(numbers) <= LARGEST) | (numbers != np.round(numbers))  # NaN is neither
    if bad.any():
        item = int(bad.argmax())
        raise ValueError(
            f'{name} of item {item} is {values[item]!r}, expected a whole number, at most 2^53 in '
            'size'
        )
    return values.astype(np.int64)
