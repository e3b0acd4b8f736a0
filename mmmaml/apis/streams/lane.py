"""One of several streams: where its frames come from, and who tracks them."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from mmmaml.models.mot.onnx_mot import Seen

from ..background import NewestItem, ReadAhead
from ..sources import FrameSource, LiveSource, SourceFrame
from ..tracks import Tracks
from .frames import PendingFrame

FRAMES_AHEAD = 2
"""Frames of a stream that are decoded before they are needed; each takes 6 MB in full HD."""


@dataclass
class Lane:
    """A stream among others.

    Files are decoded ahead, in a thread of each. Of a live source the newest frame counts: those
    that came while the others were tracked are left out, as a slow program leaves them out. No
    thread runs before the first frame is asked for.

    Args:
        stream: Position among the streams.
        source: Where the frames come from.
        pack: Makes a frame ready for the model; called in the order of the frames, ahead of
            ``finish``.
        finish: Tracks a frame, perhaps one that the networks have seen.
        end: Called after the last frame.
        frame_rate: Frames per second.

    Attributes:
        ended: True if there are no more frames, or an error came in their place.
        failed: True if frames that wait are not to be tracked.
    """

    stream: int
    source: FrameSource
    pack: Callable[[SourceFrame], PendingFrame]
    finish: Callable[[PendingFrame, Seen | None], Tracks]
    end: Callable[[], None]
    frame_rate: float

    def __post_init__(self) -> None:
        self.ended = self.failed = False
        self._newest: NewestItem[SourceFrame] | None = None
        self._frames: Iterator[SourceFrame] = iter(())
        if not isinstance(self.source, LiveSource):
            ahead = self.source.reads_ahead
            self._frames = iter(ReadAhead(self.source, FRAMES_AHEAD) if ahead else self.source)

    def next(self, wait: float) -> PendingFrame | Exception | None:
        """Return the next frame, ready for the model.

        Args:
            wait: Seconds to wait at most for a live source.

        Returns:
            The error in its place, after which there are no frames; None if there is no frame,
            or not yet.
        """
        try:
            frame = self._next(wait)
            if frame is not None:
                return self.pack(frame)
            if self.ended:
                self.end()
        except Exception as error:  # belongs to this stream alone
            self.ended = True
            return error
        return None

    def _next(self, wait: float) -> SourceFrame | None:
        if not isinstance(self.source, LiveSource):
            frame = next(self._frames, None)
            self.ended = frame is None
            return frame
        if self._newest is None:  # no thread for a group that nobody iterates over
            self._newest = NewestItem(self.source)
        frame = self._newest.get(wait)
        self.ended = frame is None and self._newest.ended
        return frame

    def close(self) -> None:
        """Stop the thread that reads."""
        if self._newest is not None:
            self._newest.close()
        if hasattr(self._frames, 'close'):
            self._frames.close()
