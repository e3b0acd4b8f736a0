"""Several streams that share their networks."""

import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import nullcontext
from dataclasses import dataclass
from typing import Any

from mmmaml.models.mot.onnx_mot import Seen

from ..stage_clock import StageClock
from .frames import PendingFrame, TrackedFrame
from .lane import Lane

ROUNDS_AHEAD = 2
"""Rounds that the networks may be ahead of the trackers."""

LIVE_WAIT = 0.02
"""Seconds to wait for a live source before the others are asked again."""

ErrorHandler = Callable[[int, Exception], None]
See = Callable[[Sequence[Any], Sequence[Any]], list[Seen]]


@dataclass
class _Entry:
    """A frame of a lane, or the error in its place, and the share of the networks in it."""

    lane: Lane
    frame: PendingFrame | Exception
    decode: float
    seen: 'Future[tuple[list[Seen], float]] | None' = None
    place: int = 0


class StreamGroup:
    """Tracks several streams under shared networks, each by a tracker of its own.

    A round takes a frame of each stream. Its frames are shared out among workers, and each
    worker shows its share to the networks together. Meanwhile this thread tracks the round
    before, so that decoding, networks and trackers work side by side.

    Args:
        lanes: The streams.
        clock: Gets the seconds of all stages.
        see: Runs the networks on frames and what was given for them; None leaves that to each
            lane, one frame after the other.
        workers: Threads that run ``see``.
        on_error: Told of an error of one stream, in its place; the others go on. None raises it.
    """

    def __init__(
        self,
        lanes: Sequence[Lane],
        clock: StageClock,
        see: See | None,
        workers: int,
        on_error: ErrorHandler | None = None,
    ) -> None:
        self._lanes = lanes
        self._clock = clock
        self._see = see
        self._workers = workers
        self._on_error = on_error

    def __iter__(self) -> Iterator[TrackedFrame]:
        """Give the frames round by round; the order within a stream is that of its frames."""
        rounds: deque[list[_Entry]] = deque()
        pool = nullcontext() if self._see is None else ThreadPoolExecutor(self._workers, 'see')
        ahead = 1 if self._see is None else ROUNDS_AHEAD
        with pool as workers:
            try:
                while rounds or not all(lane.ended for lane in self._lanes):
                    while len(rounds) < ahead and (entries := self._next_round(not rounds)):
                        self._show(workers, entries)
                        rounds.append(entries)
                    if rounds:
                        yield from self._track(rounds.popleft())
            finally:
                for entry in (entry for entries in rounds for entry in entries):
                    if entry.seen is not None:
                        entry.seen.cancel()
                for lane in self._lanes:
                    lane.close()

    def _next_round(self, wait: bool) -> list[_Entry]:
        """Take a frame of each stream that has one; wait for live ones only if asked to."""
        entries: list[_Entry] = []
        for lane in self._lanes:
            if lane.ended:
                continue
            start = time.perf_counter()
            with self._clock.stage('decode'):
                frame = lane.next(LIVE_WAIT if wait and not entries else 0.0)
            if frame is not None:
                entries.append(_Entry(lane, frame, time.perf_counter() - start))
        return entries

    def _show(self, pool: ThreadPoolExecutor | None, entries: list[_Entry]) -> None:
        """Share out the frames of a round among the workers."""
        if pool is None:
            return
        shown = [entry for entry in entries if isinstance(entry.frame, PendingFrame)]
        parts = min(self._workers, len(shown))
        for part in (shown[start::parts] for start in range(parts)):
            seen = pool.submit(self._run, [entry.frame for entry in part])
            for place, entry in enumerate(part):
                entry.seen, entry.place = seen, place

    def _run(self, frames: Sequence[Any]) -> tuple[list[Seen], float]:
        """Show frames to the networks; returns also the seconds of each."""
        assert self._see is not None
        start = time.perf_counter()
        seen = self._see([each.image for each in frames], [each.given for each in frames])
        return seen, (time.perf_counter() - start) / len(frames)

    def _track(self, entries: list[_Entry]) -> Iterator[TrackedFrame]:
        for entry in entries:
            if entry.lane.failed:
                continue
            if isinstance(entry.frame, Exception):
                self._fail(entry.lane, entry.frame)
                continue
            before = dict(self._clock.seconds)
            try:
                frame = self._finish(entry, entry.frame)
            except Exception as error:  # belongs to this stream alone
                self._fail(entry.lane, error)
                continue
            after = self._clock.seconds
            spent = {stage: after[stage] - before.get(stage, 0.0) for stage in after}
            frame.seconds.update({**spent, 'decode': entry.decode})
            yield frame

    def _finish(self, entry: _Entry, frame: PendingFrame) -> TrackedFrame:
        seen = None
        if entry.seen is not None:
            with self._clock.stage('wait'):
                results, seconds = entry.seen.result()
            self._clock.add('network', seconds)
            seen = results[entry.place]
        lane = entry.lane
        tracks = lane.finish(frame, seen)
        return TrackedFrame(
            frame.image, tracks, {}, lane.source, lane.frame_rate, stream=lane.stream
        )

    def _fail(self, lane: Lane, error: Exception) -> None:
        lane.ended = lane.failed = True
        if self._on_error is None:
            raise error
        self._on_error(lane.stream, error)
