"""Video files whose pictures tell which they are."""

from collections.abc import Iterable, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np

WIDTH, HEIGHT, BITS = 128, 64, 8
# FFmpeg's display matrices: a, b, u, c, d, v, x, y, w in 16.16 and 2.30 fixed point.
ONE = 1 << 16


def picture(number: int) -> np.ndarray:
    """A picture (H, W, 3) with its number as black and white blocks along its upper border."""
    image = np.full((HEIGHT, WIDTH, 3), 128, dtype=np.uint8)
    for bit in range(BITS):
        image[:24, 16 * bit : 16 * bit + 16] = 255 * (number >> bit & 1)
    return image


def number_of(image: np.ndarray) -> int:
    """The number of an upright picture, after lossy coding."""
    assert image.shape == (HEIGHT, WIDTH, 3), image.shape
    assert 96 < image[40:].mean() < 160
    return sum(
        int(image[6:18, 16 * bit + 4 : 16 * bit + 12].mean() > 128) << bit for bit in range(BITS)
    )


def encode(
    path: Path,
    images: Iterable[np.ndarray],
    codec: str = 'libx264',
    rate: Fraction | int = 25,
    pix_fmt: str = 'yuv420p',
    times: Sequence[Fraction] | None = None,
    matrix: Sequence[int] | None = None,
    gop: int = 12,
    broken: Iterable[int] = (),
    options: dict[str, str] | None = None,
    container_options: dict[str, str] | None = None,
    **stream_options: Any,
) -> Path:
    """Write a video.

    Args:
        path: Its suffix is the container.
        images: (H, W, 3) BGR.
        codec: Encoder.
        rate: Frames per second.
        pix_fmt: Pixel format.
        times: Seconds of each picture; at the rate if None.
        matrix: Display matrix.
        gop: Pictures from one key frame to the next.
        broken: Packets, from 1, whose content is noise.
        options: Of the encoder.
        container_options: Of the container.
        stream_options: Attributes of the codec.
    """
    rng = np.random.default_rng(0)
    broken = set(broken)
    with av.open(str(path), 'w', options=container_options or {}) as container:
        stream = container.add_stream(codec, rate=rate, options=options or {})
        images = list(images)
        stream.height, stream.width = images[0].shape[:2]
        stream.pix_fmt = pix_fmt
        stream.codec_context.gop_size = gop
        for name, value in stream_options.items():
            setattr(stream.codec_context, name, value)
        if times is not None:
            stream.codec_context.time_base = Fraction(1, 1000)
        if matrix is not None:
            stream.set_display_matrix(matrix)
        count = 0
        for index, image in [*enumerate(images), (None, None)]:
            frame = None
            if image is not None:
                frame = av.VideoFrame.from_ndarray(image, format='bgr24')
                if times is not None:
                    frame.pts = round(times[index] * 1000)
                    frame.time_base = Fraction(1, 1000)
            for packet in stream.encode(frame):
                count += 1
                container.mux(_noise(packet, rng) if count in broken else packet)
    return path


def _noise(packet: av.Packet, rng: np.random.Generator) -> av.Packet:
    noise = av.Packet(rng.integers(0, 256, packet.size, dtype=np.uint8).tobytes())
    for name in ('pts', 'dts', 'time_base', 'duration', 'is_keyframe', 'stream'):
        setattr(noise, name, getattr(packet, name))
    return noise


def remux(
    source: Path, target: Path, first: int, zero: int, options: dict[str, str] | None = None
) -> Path:
    """Copy packets without decoding them, as a cutter does.

    Args:
        source: A video.
        target: The copy.
        first: Earliest packet that is copied, from 1 in the order of showing.
        zero: The frame that is to be shown at 0 s, from 1.
        options: Of the container.
    """
    with av.open(str(source)) as read, av.open(str(target), 'w', options=options or {}) as write:
        stream = read.streams.video[0]
        copy = write.add_stream_from_template(stream)
        step = round(1 / stream.average_rate / stream.time_base)
        start = stream.start_time or 0
        for packet in read.demux(stream):
            if packet.dts is None or packet.pts < start + (first - 1) * step:
                continue
            packet.pts -= (zero - 1) * step
            packet.dts -= (zero - 1) * step
            packet.stream = copy
            write.mux(packet)
    return target
