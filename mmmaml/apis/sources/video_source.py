"""Video files, by PyAV, which hands on all that FFmpeg reads of a container."""

import logging
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any, NoReturn

import av
import numpy as np
from av.container import InputContainer
from av.packet import Packet
from av.stream import Disposition
from av.video.frame import VideoFrame
from av.video.stream import VideoStream
from mmengine.logging import print_log

from .frame_ledger import FrameLedger, in_words
from .frame_source import FrameSource, SourceFrame
from .orientation import Orientation
from .video_length import VideoLength

_REMEDY = 'the file is cut off or damaged there; copy it again, or convert it with ffmpeg'


class VideoSource(FrameSource):
    """A video file; its frames are those that a player shows.

    - Frames are upright: the container's display matrix is applied.
    - Frames are numbered from 1 as they are shown. What an edit list cuts away and what comes
      before the first key frame is no frame; one that cannot be decoded keeps its number.
    - ``timestamp`` is the container's time since the first frame, at any frame rate.
    - Pixels that are not square and interlaced lines stay as they are stored. Alpha is dropped,
      and more than 8 bits a channel are rounded.
    - Of several video streams the one is taken that FFmpeg takes.

    The log says which of this a file asked for.

    Args:
        path: The file.

    Raises:
        OSError: It cannot be opened, or holds no video.
    """

    reads_ahead = True

    def __init__(self, path: Path) -> None:
        self.path: Path = path
        self._told: set[str] = set()
        with self._open() as container:
            stream = self._stream(container)
            rate = stream.average_rate or stream.guessed_rate
            num_frames = VideoLength.stated_by(container, stream).num_shown
            for remark in _remarks(container, stream):
                self._warn(remark)
        # Containers without a rate state 0, or their time base, thousands a second.
        known = float(rate) if rate and 0 < rate <= 1000 else None
        super().__init__((), path.stem, frame_rate=known, num_frames=num_frames)

    def __str__(self) -> str:
        return str(self.path)

    @property
    def files(self) -> list[Path]:
        """Files that are read."""
        return [self.path]

    def __iter__(self) -> Iterator[SourceFrame]:
        """Give the frames.

        Raises:
            ValueError: After the last one: there was none, some cannot be decoded, or the file
                ends well before its stated length.
        """
        with self._open() as container:
            stream = self._stream(container)
            stream.thread_type = 'AUTO'
            length = VideoLength.stated_by(container, stream)
            ledger = FrameLedger(length.step(stream))
            start: Fraction | None = None
            seconds: float | None = None
            for frame in self._decoded(container.demux(stream), length, ledger):
                if length.torn and ledger.is_behind_a_hole(frame.pts, length.ticks(stream)):
                    break
                number = ledger.came(frame.pts)
                time = _shown_at(frame, stream)
                if number == 1 + len(ledger.lost):
                    start = time
                    self._warn_at_start(frame, ledger)
                if time is None or start is None:
                    seconds = None if seconds is None else seconds + length.frame_seconds
                else:
                    # Files that state a time twice, or an earlier one, leave the order.
                    late = -1.0 if seconds is None else seconds + length.frame_seconds / 2
                    seconds = max(float(time - start), late)
                yield SourceFrame(self._picture(frame), number, seconds)
            if not length.torn:
                ledger.ended()
            self._check(ledger, length.shortfall(self.path))

    def _open(self) -> InputContainer:
        try:
            return av.open(str(self.path), metadata_errors='replace')
        except (av.error.FFmpegError, OSError, ValueError):
            self._refuse('cannot be opened: it is no video, cut off, or of a kind unknown here')

    def _stream(self, container: InputContainer) -> VideoStream:
        if container.format.name == 'tty':  # FFmpeg draws any file that is called .txt
            self._refuse('is a text file: give a video')
        moving = _moving(container)
        if not moving:
            self._refuse('holds no video stream: give a video')
        best = container.streams.best('video')
        return best if best in moving else moving[0]  # type: ignore[return-value]

    def _refuse(self, what: str) -> NoReturn:
        raise OSError(f'{self} {what}') from None

    def _decoded(
        self, packets: Iterator[Packet], length: VideoLength, ledger: FrameLedger
    ) -> Iterator[VideoFrame]:
        while True:
            try:
                packet = next(packets, None)
            except av.error.FFmpegError:
                packet = None  # the length will tell
            if packet is None:
                return
            at_end = not packet.size
            length.torn = _is_torn(packet) or (at_end and bool(length.shortfall(self.path)))
            if not at_end and not length.torn:
                length.read(packet)
                if not packet.is_discard:
                    ledger.sent(packet.pts, packet.is_keyframe)
            try:
                # Nothing asks the decoder for the frames that it still holds.
                yield from packet.stream.decode(None if length.torn else packet)
            except av.error.FFmpegError:
                ledger.failed()
            if length.torn:
                return

    def _picture(self, frame: VideoFrame) -> np.ndarray:
        image = frame.to_ndarray(format='bgr24')
        turn = _orientation(frame)
        return image if turn is None else turn.apply(image)

    def _warn_at_start(self, frame: VideoFrame, ledger: FrameLedger) -> None:
        if ledger.num_leading:
            self._warn(
                f'begins with {ledger.num_leading} frames that need an earlier one, which was '
                'cut away: frame 1 is the first that can be decoded, as in players'
            )
        if frame.interlaced_frame:
            self._warn('is interlaced: moving edges are combed; ffmpeg -vf bwdif smooths them')
        turn = _orientation(frame)
        if turn is not None and not turn.exact:
            self._warn(
                f'is turned by {frame.rotation} degrees: frames are turned by the nearest right '
                'angle'
            )

    def _check(self, ledger: FrameLedger, shortfall: str) -> None:
        if not ledger.number:
            raise ValueError(f'{self} gives no frame that can be decoded: {_REMEDY}')
        faults = []
        if ledger.lost:
            which = f'frame{"s" if ledger.lost[1:] else ""} {in_words(ledger.lost)}'
            faults.append(
                f'has {len(ledger.lost)} of {ledger.number} frames that cannot be decoded and '
                f'have no tracks, {which}'
            )
        if shortfall:
            faults.append(f'ends after {shortfall}')
        if faults:
            raise ValueError(f'{self} {" and ".join(faults)}: {_REMEDY}')

    def _warn(self, remark: str) -> None:
        if remark not in self._told:
            self._told.add(remark)
            print_log(f'{self} {remark}', logger='current', level=logging.WARNING)


def _shown_at(frame: VideoFrame, stream: VideoStream) -> Fraction | None:
    if frame.pts is None or stream.time_base is None:
        return None
    return Fraction(frame.pts * stream.time_base)


def _orientation(frame: VideoFrame) -> Orientation | None:
    matrix: Any = frame.side_data.get('DISPLAYMATRIX')
    return None if matrix is None else Orientation.from_matrix(bytes(matrix))


def _is_torn(packet: Packet) -> bool:
    """Return True if the file ends within a packet; transport streams mark others, too."""
    return packet.is_corrupt and packet.stream.container.format.name != 'mpegts'


def _moving(container: InputContainer) -> list[VideoStream]:
    """Video streams that are no cover picture."""
    return [
        stream
        for stream in container.streams.video
        if not stream.disposition & Disposition.attached_pic
    ]


def _remarks(container: InputContainer, stream: VideoStream) -> list[str]:
    remarks = []
    moving = _moving(container)
    if len(moving) > 1:
        remarks.append(
            f'holds {len(moving)} video streams: number {moving.index(stream) + 1} '
            f'({stream.width}x{stream.height}) is read, the others are left out'
        )
    aspect = stream.sample_aspect_ratio
    if aspect not in (None, 0, 1):
        remarks.append(
            f'has pixels that are not square ({aspect.numerator}:{aspect.denominator}): boxes are '
            f'in the {stream.width}x{stream.height} pixels that are stored'
        )
    return remarks
