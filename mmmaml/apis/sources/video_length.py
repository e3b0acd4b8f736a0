"""Length that a video file states, and the part of it that was there."""

import struct
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path

from av.container import InputContainer
from av.packet import Packet
from av.video.stream import VideoStream


@dataclass
class VideoLength:
    """The length that a container states, compared with the packets that were read.

    The statement is an estimate in some formats, so that a few frames more or less are no fault.
    Of MP4 the index goes before the header, of AVI the sizes of its lists.

    Attributes:
        container: FFmpeg's names of the format.
        num_frames: Frames that the header states; 0 if it states none.
        index: For each entry of the index as the file was opened, if its frame is shown.
        seconds: Duration of the video that is stated; None if there is none.
        frame_seconds: From frame to frame; 0 if it is not known.
        num_packets: Packets read.
        first: Seconds at which the earliest packet is shown; None before the first one.
        last: Seconds at which the last packet ends to be shown.
        torn: The file has ended too early.
    """

    container: str
    num_frames: int
    index: list[bool]
    seconds: float | None
    frame_seconds: float
    num_packets: int = 0
    first: float | None = field(default=None)
    last: float = float('-inf')
    torn: bool = False

    @classmethod
    def stated_by(cls, container: InputContainer, stream: VideoStream) -> 'VideoLength':
        """Read it from a container that was just opened."""
        rate = stream.average_rate or stream.guessed_rate
        return cls(
            container=container.format.name,
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

    def step(self, stream: VideoStream) -> Fraction | None:
        """Return the ticks from frame to frame if they are known to be the same all through.

        MP4 states the time of every frame before the first one; other formats do not.
        """
        same = stream.average_rate == stream.base_rate
        return self.ticks(stream) if 'mp4' in self.container and same else None

    def ticks(self, stream: VideoStream) -> Fraction | None:
        """Return the ticks from frame to frame on average, if they are known."""
        rate = stream.average_rate
        return 1 / (rate * stream.time_base) if rate and stream.time_base else None

    def read(self, packet: Packet) -> None:
        """Note a packet."""
        self.num_packets += 1
        if packet.pts is None:
            return
        start = float(packet.pts * packet.time_base)
        end = start + float((packet.duration or 0) * packet.time_base)
        self.first = start if self.first is None else min(self.first, start)
        self.last = max(self.last, end)

    def shortfall(self, path: Path) -> str:
        """Return what was missing at the end, as ``frame 9 of 30``; empty if nothing was."""
        if self.num_frames:
            enough = self.num_packets >= 0.99 * self.num_frames - 2
            if enough or self._is_whole(path):
                return ''
            return f'frame {self.num_packets} of {self.num_frames}'
        if self.seconds is None or self.first is None:
            return ''
        length = self.last - self.first
        if length >= 0.99 * self.seconds - 2 * self.frame_seconds:
            return ''
        return f'{length:.2f} s of {self.seconds:.2f} s'

    def _is_whole(self, path: Path) -> bool:
        """Return True if a file has all its parts, so that its header counts wrongly."""
        if 'mp4' in self.container:
            return 0 < len(self.index) <= self.num_packets
        return self.container == 'avi' and _riff_is_whole(path)


def _riff_is_whole(path: Path) -> bool:
    """Return True if an AVI file is as long as its lists (RIFF) state."""
    left = path.stat().st_size
    with path.open('rb') as file:
        while left:
            kind, size = struct.unpack('<4sI', file.read(8).ljust(8, b'\0'))
            size += 8 + size % 2
            if kind != b'RIFF' or size <= 8 or size > left + 1:
                return False
            file.seek(size - 8, 1)
            left -= min(left, size)
    return True


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
