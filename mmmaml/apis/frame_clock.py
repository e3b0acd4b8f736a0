"""Numbers of frames from the times at which they were taken."""

import logging
import math

from mmengine.logging import print_log


class FrameClock:
    """Counts frames, or the ticks of a clock where the time of a frame is known.

    Trackers measure time in frames. A camera that skips frames, or a program that is too slow for
    it, leaves gaps; numbered by time, a gap is one to the tracker, too, and people have moved on
    by as much.

    Args:
        frame_rate: Ticks per second. Lower than the true rate, and frames that follow each other
            within a tick get successive numbers: time then seems to run too fast.
    """

    def __init__(self, frame_rate: float) -> None:
        if not (math.isfinite(frame_rate) and frame_rate > 0):
            raise ValueError(f'frame_rate={frame_rate} must be greater than 0')
        self.frame_rate = float(frame_rate)
        self._last: int | None = None
        self._start: float | None = None
        self._time: float | None = None
        self._warned = False

    def next(self, timestamp: float | None = None) -> int:
        """Return the number of the next frame, from 0; :meth:`accept` remembers it.

        Args:
            timestamp: Seconds, from any point in time, growing from frame to frame. None: one
                tick after the frame before.

        Raises:
            ValueError: The time does not come after that of the frame before.
        """
        following = 0 if self._last is None else self._last + 1
        if timestamp is None:
            return following
        if not math.isfinite(timestamp) or (self._time is not None and timestamp <= self._time):
            raise ValueError(
                f'timestamp {timestamp} does not come after {self._time}, that of the frame '
                'before: give seconds in order, and call reset() before another video'
            )
        if self._start is None:
            return following
        return max(following, round((timestamp - self._start) * self.frame_rate))

    def accept(self, number: int, timestamp: float | None = None) -> None:
        """Go on from a frame that was tracked."""
        self._last = number
        if timestamp is None:
            return
        if self._start is None:
            self._start = timestamp - number / self.frame_rate
        self._time = timestamp
        ahead = number / self.frame_rate - (timestamp - self._start)
        if ahead > 1 and not self._warned:
            self._warned = True
            print_log(
                f'frames come faster than frame_rate={self.frame_rate:g}: {ahead:.1f} s of video '
                'too many so far; set frame_rate to that of the source',
                logger='current',
                level=logging.WARNING,
            )
