"""Detections of a video that its frames are not looked at for."""

import logging
import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
from mmengine.logging import print_log

from mmmaml.models.detectors.detection_file import read_detections
from mmmaml.utils.box_conventions import suspect_boxes
from mmmaml.utils.frame_numbers import check_frame_numbers

from ..given_detector import Detections, GivenDetector
from ..sources import FrameSource

DetectionSource: TypeAlias = str | os.PathLike | Iterable[Detections]
"""Detections of a video: a file, or those of each frame."""


class VideoDetections:
    """Detections that a caller or a file has of a video, if any has.

    Args:
        source: The video.
        detections: See ``MOTInferencer.track``; None leaves all to the detector, which may read a
            file.
        detector: In the place of the model's; a file is read by it from here on. None if the model
            has none.

    Attributes:
        path: File that is read, if any.

    Raises:
        ValueError: No row of the file is of a frame of the video.
    """

    def __init__(
        self,
        source: FrameSource,
        detections: DetectionSource | None,
        detector: GivenDetector | None,
    ) -> None:
        self.path: Path | None = None
        self._source = source
        self._rows: Iterator[Detections] | None = None
        if isinstance(detections, str | os.PathLike):
            assert detector is not None
            name = source.image_path(1).parent.parent.name
            detector.read_from(name, str(detections))
        elif detections is not None:
            self._rows = iter(detections)
            return
        if detector is not None:
            self.path = detector.file_of(source.image_path(1))
            self._check_rows()

    def next(self, before: int, number: int) -> Detections | None:
        """Return the detections of a frame, past those of frames that gave no picture.

        Args:
            before: Number of the frame before, 0 if there is none.
            number: That of this frame.

        Returns:
            None if the detector is asked.

        Raises:
            ValueError: There are none for this frame.
        """
        if self._rows is None:
            return None
        given = None
        for each in range(before + 1, number + 1):
            given = next(self._rows, None)
            if given is None:
                raise ValueError(
                    f'detections end after frame {each - 1} of {self._source.name}: give an empty '
                    'array for a frame without any'
                )
        return given

    def end(self, num_frames: int) -> None:
        """Say which detections are of no frame, if that was not known before."""
        if self._rows is not None and next(self._rows, None) is not None:
            _warn(f'detections go on after frame {num_frames}, the last one; they are not used')
        if self.path is not None and self._source.num_frames is None:
            frames = read_detections(self.path).frames
            _warn(check_frame_numbers(frames, num_frames, self.path))

    def _check_rows(self) -> None:
        """Refuse rows of other frames, and say which are not used or seem to mean other boxes."""
        path, source = self.path, self._source
        if path is None:
            return
        file = read_detections(path)
        notes = []
        if source.num_frames is not None:
            offset = source.number_offset
            notes.append(check_frame_numbers(file.frames, source.num_frames, path, offset))
        sizes = np.hstack([file.bboxes[:, :2], file.bboxes[:, 2:] - file.bboxes[:, :2]])
        notes += [f'{path}: {each}' for each in suspect_boxes(sizes, source.size())]
        for note in notes:
            _warn(note)


def check_given(
    model: Any,
    detector: GivenDetector | None,
    source: FrameSource,
    detections: DetectionSource | None,
) -> None:
    """Refuse a video whose detections nobody has, and detections that nobody takes.

    Args:
        model: The model, which the message names.
        detector: In the place of the model's, None if it has none.
        source: The video.
        detections: Those that the caller gives, or None.

    Raises:
        FileNotFoundError: The file of the caller does not exist.
        ValueError: It is refused.
    """
    if isinstance(detections, str | os.PathLike) and not Path(detections).is_file():
        raise FileNotFoundError(f'detections {detections} do not exist')
    if detections is not None and detector is None:
        raise ValueError(f'{type(model).__name__} has no detector to give detections for')
    if (
        detections is None
        and not source.has_public_detections
        and detector is not None
        and detector.needs_files
    ):
        raise ValueError(
            no_detector(
                f'{source.name} needs a detection file in the MOTChallenge format (--detections)'
            )
        )


def no_detector(what: str) -> str:
    """Return the sentence that says what is needed as nothing looks at frames."""
    return (
        f'{what}, because there is no detector that looks at frames: give one (--detector FILE), '
        'or name one with weights in the config in place of PublicDetector'
    )


def _warn(note: str) -> None:
    if note:
        print_log(note, logger='current', level=logging.WARNING)
