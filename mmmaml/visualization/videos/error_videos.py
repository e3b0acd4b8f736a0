"""Videos of what a tracker did wrong."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

from mmmaml.evaluation.files.run_folder import images_of
from mmmaml.evaluation.sequences import ScoredSequence

from ..drawing.error_boxes import error_boxes
from ..drawing.errors import draw_errors
from .track_videos import check_suffix, read_image, write_video


def render_error_video(
    scored: ScoredSequence,
    out: str | os.PathLike,
    pictures: str | os.PathLike | None = None,
    on_frame: Callable[[int], None] | None = None,
) -> Path:
    """Draw false positives, misses and switches over the frames of a scored sequence.

    Args:
        scored: The sequence.
        out: The MP4. It appears when it is whole; a file of that name is replaced.
        pictures: Folder to which each drawn frame is also written as ``000001.jpg``.
        on_frame: Called with the number of each frame that is done, for a progress bar.

    Returns:
        Path of the video.

    Raises:
        FileNotFoundError: Frames of the sequence are not there.
        ValueError: ``out`` is no ``.mp4``, a frame cannot be read, frames differ in size,
            ``pictures`` is the folder of the frames themselves, or the files of the sequence are
            of different runs.
        OSError: OpenCV cannot write MP4 files.
    """
    check_suffix(Path(out))
    images = images_of(scored.sequence)
    drawn = _drawn_frames(scored, images.paths())
    return write_video(drawn, Path(out), images.info().frame_rate, pictures, on_frame)


def _drawn_frames(
    scored: ScoredSequence, paths: list[Path]
) -> Iterator[tuple[int, Path, np.ndarray]]:
    sequence = scored.sequence
    errors = error_boxes(scored.events, sequence.gt, sequence.results)
    for frame, path in enumerate(paths, start=1):
        image = read_image(path, f'frame {frame} of {sequence.name}')
        yield frame, path, draw_errors(image, errors.of(frame), f'frame {frame}')
