"""Videos of tracked sequences."""

import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import cv2
import numpy as np

from mmmaml.utils.files import atomic_path
from mmmaml.utils.mot_files import FRAME, ID, LEFT, WIDTH, SequenceInfo
from mmmaml.utils.outputs import refuse_overwriting

from ..drawing.tracks import draw_tracks
from ..drawing.trails import Trails, foot_points


def render_video(
    sequence: SequenceInfo,
    rows: np.ndarray,
    out: str | os.PathLike,
    trail_seconds: float = 1.0,
    frames: range | None = None,
    pictures: str | os.PathLike | None = None,
    on_frame: Callable[[int], None] | None = None,
) -> Path:
    """Draw tracks over the frames of a sequence and write an MP4 of them.

    Args:
        sequence: The sequence, with its images.
        rows: (R, >= 6) ``frame, id, left, top, width, height, ...`` in any order, frames from 1
            and boxes in pixels, as :func:`mmmaml.utils.mot_files.read_rows` gives them. Rows
            with a negative id are not drawn.
        out: The video. It appears when it is whole; a file of that name is replaced.
        trail_seconds: How far back the line behind each person reaches, in seconds of the
            sequence. Longer lines show more of the way and cover more of a crowded picture.
            0 draws none.
        frames: Frames to show, counted from 1; all by default. With a step greater than 1 the
            video has as many frames a second fewer, so that people walk at their own speed.
        pictures: Folder to which each drawn frame is also written as ``000001.jpg``. Other files
            there are left alone.
        on_frame: Called with the number of each frame that is done, for a progress bar.

    Returns:
        Path of the video.

    Raises:
        ValueError: ``out`` is no ``.mp4``, ``frames`` is not within the sequence, ``rows`` has
            too few columns, a frame cannot be read or differs in size from the first, or
            ``pictures`` is the folder of the frames themselves.
        OSError: OpenCV cannot write MP4 files.
    """
    out, frames = Path(out), frames if frames is not None else range(1, sequence.num_frames + 1)
    _check(sequence, rows, out, trail_seconds, frames)
    length = round(trail_seconds * sequence.frame_rate)
    drawn = _drawn_frames(sequence, rows, frames, length)
    return write_video(drawn, out, sequence.frame_rate / frames.step, pictures, on_frame)


def write_video(
    drawn: Iterable[tuple[int, Path, np.ndarray]],
    out: Path,
    frame_rate: float,
    pictures: str | os.PathLike | None = None,
    on_frame: Callable[[int], None] | None = None,
) -> Path:
    """Write drawn frames as an MP4.

    Args:
        drawn: Number, source and picture (H, W, 3) BGR of each frame.
        out: The video. It appears when it is whole.
        frame_rate: Frames per second.
        pictures: Folder for each frame as ``000001.jpg``; None for none.
        on_frame: Called with the number of each frame that is done.

    Returns:
        Path of the video.

    Raises:
        ValueError: ``out`` is no ``.mp4``, frames differ in size, or ``pictures`` is the folder of
            the frames themselves.
        OSError: OpenCV cannot write MP4 files, or a picture.
    """
    check_suffix(out)
    with atomic_path(out) as temporary, video_writer(temporary, out, frame_rate) as write:
        for frame, source, image in drawn:
            write(image, source)
            if pictures is not None:
                refuse_overwriting([pictures], [source.parent])
                with atomic_path(Path(pictures) / f'{frame:06d}.jpg') as picture:
                    if not cv2.imwrite(str(picture), image):
                        raise OSError(f'{pictures}: OpenCV cannot write frame {frame} there')
            if on_frame is not None:
                on_frame(frame)
    return out


def check_suffix(out: Path) -> None:
    """Refuse the name of a video that is no MP4."""
    if out.suffix.lower() != '.mp4':
        raise ValueError(f'{out}: videos are written as MP4, name the file with suffix .mp4')


def read_image(path: Path, what: str) -> np.ndarray:
    """Read a frame (H, W, 3) BGR.

    Args:
        path: The image.
        what: Which frame it is, for the message.

    Raises:
        ValueError: It is missing or no image.
    """
    image = cv2.imread(str(path), cv2.IMREAD_COLOR)
    if image is None:
        raise ValueError(f'{path} is missing or no readable image: {what} cannot be drawn')
    return image


def _check(
    sequence: SequenceInfo, rows: np.ndarray, out: Path, trail_seconds: float, frames: range
) -> None:
    check_suffix(out)
    if rows.ndim != 2 or rows.shape[1] < LEFT + 4:
        raise ValueError(
            f'{sequence.name}: rows must be (R, >= 6) frame, id, left, top, width, height, got '
            f'shape {rows.shape}'
        )
    if not trail_seconds >= 0:
        raise ValueError(f'trail_seconds must be at least 0, got {trail_seconds}')
    if not len(frames) or frames.step < 1 or frames[0] < 1 or frames[-1] > sequence.num_frames:
        raise ValueError(
            f'{sequence.name} has frames 1 to {sequence.num_frames}, cannot show {frames}'
        )


def _drawn_frames(
    sequence: SequenceInfo, rows: np.ndarray, frames: range, trail_length: int
) -> Iterator[tuple[int, Path, np.ndarray]]:
    rows = rows[np.argsort(rows[:, FRAME], kind='stable')]
    numbers, ids = rows[:, FRAME].astype(np.int64), rows[:, ID].astype(np.int64)
    bboxes = np.concatenate(
        [rows[:, LEFT:WIDTH], rows[:, LEFT:WIDTH] + rows[:, WIDTH : WIDTH + 2]], axis=1
    )
    points = foot_points(bboxes)
    for frame in frames:
        path = sequence.image_path(frame)
        image = read_image(path, f'frame {frame} of {sequence.name}')
        oldest, first, end = np.searchsorted(numbers, [frame - trail_length, frame, frame + 1])
        past = slice(oldest, end)
        trails = Trails(ids[past], numbers[past], points[past]) if trail_length else None
        yield frame, path, draw_tracks(image, bboxes[first:end], ids[first:end], trails)


@contextmanager
def video_writer(
    temporary: Path, out: Path, frame_rate: float
) -> Iterator[Callable[[np.ndarray, Path], None]]:
    """Yield ``write(image, source)``; the first image decides the size of the video.

    Args:
        temporary: Path to which the MP4 is written.
        out: What it will be called, for messages.
        frame_rate: Frames per second.

    Raises:
        OSError: OpenCV cannot write MP4 files.
        ValueError: An image has another size than the first.
    """
    writer = cv2.VideoWriter()
    size: tuple[int, int] | None = None

    def write(image: np.ndarray, source: Path) -> None:
        nonlocal size
        height, width = image.shape[:2]
        if size is None:
            size = (width, height)
            codec = cv2.VideoWriter.fourcc(*'mp4v')
            if not writer.open(str(temporary), codec, frame_rate, size):
                raise OSError(
                    f'{out} cannot be written: this build of OpenCV has no MP4 writer (FFmpeg); '
                    'install opencv-python from wheels'
                )
        # OpenCV drops frames of another size without a word.
        if size != (width, height):
            raise ValueError(
                f'{source} has {width}x{height} pixels, the frames before it {size[0]}x{size[1]}:'
                ' all frames of a video must be of one size'
            )
        writer.write(image)

    try:
        yield write
    finally:
        writer.release()
