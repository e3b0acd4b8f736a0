"""How long a video file says it is, and how much of it there was."""

from dataclasses import dataclass, field

from av.container import InputContainer
from av.packet import Packet
from av.video.stream import VideoStream


@dataclass
class VideoLength:
    """The length that a container states, compared with the packets that were read.

    What a container states is an estimate for some, so that a few frames more or less are no
    fault. A file's own index, which lies apart from the frames, goes before its header.

    Attributes:
        num_frames: Frames that the header states; 0 if it states none.
        index: For each entry of the index as the file was opened, if its frame is shown.
        seconds: Duration of the video that is stated; None if there is none.
        frame_seconds: From frame to frame; 0 if it is not known.
        num_packets: Packets read.
        first: Seconds at which the earliest packet is shown; None before the first one.
        last: Seconds at which the last packet ends to be shown.
    """

    num_frames: int
    index: list[bool]
    seconds: float | None
    frame_seconds: float
    num_packets: int = 0
    first: float | None = field(default=None)
    last: float = float('-inf')

    @classmethod
    def stated_by(cls, container: InputContainer, stream: VideoStream) -> 'VideoLength':
        """Read it from a container that was just opened."""
        rate = stream.average_rate or stream.guessed_rate
        return cls(
            num_frames=stream.frames,
            index=[not entry.is_discard for entry in stream.index_entries],
            seconds=_stated_seconds(container, stream),
            frame_seconds=float(1 / rate) if rate else 0.0,
        )

    @property
    def num_shown(self) -> int | None:
        """Frames that are shown as far as it is stated."""
        if not self.num_frames:
            return None
        return sum(self.index) if len(self.index) == self.num_frames else self.num_frames

    def read(self, packet: Packet) -> None:
        """Note a packet."""
        self.num_packets += 1
        if packet.pts is None:
            return
        start = float(packet.pts * packet.time_base)
        end = start + float((packet.duration or 0) * packet.time_base)
        self.first = start if self.first is None else min(self.first, start)
        self.last = max(self.last, end)

    def shortfall(self, stream: VideoStream) -> str:
        """Return what is missing as ``frame 9 of 30``; empty if nothing is.

        Args:
            stream: The same stream, read to its end.
        """
        if self.num_frames:
            if self.num_packets >= 0.99 * self.num_frames - 2:
                return ''
            # An index that did not grow while reading was whole before.
            if 1 < len(stream.index_entries) == len(self.index) <= self.num_packets:
                return ''
            return f'frame {self.num_packets} of {self.num_frames}'
        if self.seconds is None or self.first is None:
            return ''
        length = self.last - self.first
        if length >= 0.99 * self.seconds - 2 * self.frame_seconds:
            return ''
        return f'{length:.2f} s of {self.seconds:.2f} s'


def _stated_seconds(container: InputContainer, stream: VideoStream) -> float | None:
    if stream.duration is not None and stream.time_base is not None:
        return float(stream.duration * stream.time_base)
    words = stream.metadata.get('DURATION', '').split(':')  # of Matroska, 00:00:01.08
    try:
        hours, minutes, seconds = (float(word) for word in words)
        return 3600 * hours + 60 * minutes + seconds
    except ValueError:
        pass
    if len(container.streams) == 1 and container.duration is not None:
        return container.duration / 1e6  # FFmpeg's AV_TIME_BASE
    return None
