"""A tracked sequence, from its files to its scores."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd

from ..utils.mot_files import CLASS, SCORE, SequenceInfo, read_seqinfo, read_stated_seqinfo
from .recognition.reentry import Kept

Scores = dict[str, int | float]


@dataclass(frozen=True, eq=False)
class CrowdCounts:
    """Numbers of people that a model counted in T frames, NaN where it did not.

    Attributes:
        density: (T,) float64 by its density map.
        boxes: (T,) float64 by its detections, those of at least some score.
    """

    density: np.ndarray
    boxes: np.ndarray


@dataclass(frozen=True)
class CountErrors:
    """Errors of the number of people, summed over frames.

    Attributes:
        frames: Frames that were counted.
        people: True number of people, summed over them.
        absolute: Sum of the absolute differences.
        signed: Sum of counted minus true numbers.
    """

    frames: int
    people: int
    absolute: float
    signed: float

    def __add__(self, other: 'CountErrors') -> 'CountErrors':
        """Return the errors over the frames of both."""
        return CountErrors(
            self.frames + other.frames,
            self.people + other.people,
            self.absolute + other.absolute,
            self.signed + other.signed,
        )

    @property
    def mae(self) -> float:
        """Mean absolute error, people a frame; NaN without frames."""
        return self.absolute / self.frames if self.frames else math.nan

    @property
    def bias(self) -> float:
        """Mean of counted minus true people of a frame; NaN without frames."""
        return self.signed / self.frames if self.frames else math.nan

    @property
    def relative(self) -> float:
        """Absolute error as a fraction of all people; NaN without people."""
        return self.absolute / self.people if self.people else math.nan


@dataclass(frozen=True, eq=False)
class SequenceImages:
    """Place of the scored frames.

    Attributes:
        folder: The sequence folder.
        numbers: (T,) number of each frame in the files of the sequence.
    """

    folder: Path
    numbers: np.ndarray

    def info(self) -> SequenceInfo:
        """Read frame rate and images of the sequence.

        Raises:
            FileNotFoundError: The folder is not there any more.
        """
        return read_seqinfo(self.folder)

    def frame_rate(self) -> float | None:
        """Read the frames per second; None if they are not known."""
        try:
            return self.info().frame_rate
        except (FileNotFoundError, ValueError):
            return None

    def size(self) -> tuple[int, int] | None:
        """Read width and height of the frames in pixels; None if they are not stated."""
        try:
            info = read_stated_seqinfo(self.folder)
        except (FileNotFoundError, ValueError):
            return None
        return info.width, info.height

    def paths(self) -> list[Path]:
        """Return T paths.

        Raises:
            FileNotFoundError: The folder or one of the frames is missing.
        """
        info = self.info()
        paths = [info.image_path(number) for number in self.numbers.tolist()]
        if missing := [path for path in paths if not path.is_file()]:
            raise FileNotFoundError(
                f'{len(missing)} of {len(paths)} tested frames of {info.name} are missing, the '
                f'first is {missing[0]}'
            )
        return paths

    def cut(self, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Take the rows of these frames out of those of the whole sequence.

        Args:
            rows: (R, >= 1) rows whose first column is the number in the files of the sequence.

        Returns:
            The rows inside (S, >= 1), renumbered from 1, and their indices (S,).
        """
        order = np.argsort(self.numbers)
        numbers = self.numbers[order]
        place = np.searchsorted(numbers, rows[:, 0]).clip(max=len(numbers) - 1)
        inside = np.flatnonzero(numbers[place] == rows[:, 0])
        rows = rows[inside].copy()
        rows[:, 0] = order[place[inside]] + 1
        return rows, inside


@dataclass(frozen=True, eq=False)
class RowFile:
    """The file that rows were read from.

    Attributes:
        path: The file.
        lines: (R,) number of the line of each row, from 1.
    """

    path: Path
    lines: np.ndarray

    def place(self, row: int) -> str:
        """Name file and line of a row."""
        return f'{self.path}, line {self.lines[row]}'

    def take(self, rows: np.ndarray) -> 'RowFile':
        """Keep some of the rows, by index or mask."""
        return RowFile(self.path, self.lines[rows])


@dataclass(frozen=True, eq=False)
class TrackedSequence:
    """A sequence to be scored: frames from 1, boxes in pixels of the image.

    Rows of whole numbers are taken as float64.

    Attributes:
        name: Name of the sequence.
        gt: (R, >= 8) rows ``frame, id, left, top, width, height, considered, class`` and, for
            re-entry, ``visibility``.
        results: (R, >= 7) rows ``frame, id, left, top, width, height, score``. No rows means no
            output: every box of the ground truth is then a miss.
        num_frames: Number of frames; those without a row count too.
        frame_rate: Frames per second; None leaves re-entry out.
        image_size: Width and height of the frames in pixels, if they are known.
        images: Place of the frames, if it is known.
        gt_file: File of the ground truth, if it came from one.
        results_file: File of the tracks, if they came from one.
        counts: Counted people of the T frames, if the model counts.

    Raises:
        ValueError: Rows have too few columns.
    """

    name: str
    gt: np.ndarray
    results: np.ndarray
    num_frames: int
    frame_rate: float | None = None
    image_size: tuple[int, int] | None = None
    images: SequenceImages | None = None
    gt_file: RowFile | None = None
    results_file: RowFile | None = None
    counts: CrowdCounts | None = None

    def __post_init__(self) -> None:
        for what, rows, columns in (
            ('ground truth', self.gt, CLASS + 1),
            ('tracks', self.results, SCORE + 1),
        ):
            if rows.ndim != 2 or rows.shape[1] < columns:
                raise ValueError(
                    f'{what} of {self.name}: shape {rows.shape}, expected (rows, at least '
                    f'{columns})'
                )
        for name in ('gt', 'results'):
            object.__setattr__(self, name, np.asarray(getattr(self, name), dtype=np.float64))


@dataclass(frozen=True, eq=False)
class ScoredSequence:
    """A sequence and its scores.

    Attributes:
        sequence: The boxes that were scored.
        scores: Those of TrackEval, the ones to report.
        cross_check: ``MOTA``, ``IDF1`` and ``IDs`` of motmetrics on the same boxes.
        events: The event log: one row for each event, ordered by frame, with ``frame`` (from 1),
            ``type`` (match, switch, miss or false_positive), ``gt_id`` and ``track_id`` as in
            the files (missing if the event has none), ``iou`` of a match or switch.
        reentry: Least length of an absence in seconds to its outcomes; None without a frame rate.
        counting: Errors of the number of people by each way to count, see
            :func:`~mmmaml.evaluation.scoring.crowd_counting.count_errors`; None if nobody counted.
    """

    sequence: TrackedSequence
    scores: Scores
    cross_check: Scores
    events: pd.DataFrame
    reentry: Mapping[float, Kept] | None = None
    counting: Mapping[str, CountErrors] | None = None


@dataclass(frozen=True, eq=False)
class Evaluation:
    """Scores of several sequences.

    Ratios (``RATIOS``) are fractions, 1 being perfect; MOTA can be negative. Counts (``COUNTS``)
    are whole numbers.

    Attributes:
        benchmark: Name of the preprocessing that was applied.
        overall: Metric name to value over all sequences: counts are added up, ratios follow
            from the added counts, as on the MOTChallenge server (no mean of ratios).
        cross_check: ``MOTA``, ``IDF1`` and ``IDs`` of motmetrics over all sequences.
        sequences: Scored sequences by name.
        notes: What was read and not used, with the reason, a sentence each.
    """

    benchmark: str
    overall: Scores
    cross_check: Scores
    sequences: dict[str, ScoredSequence]
    notes: list[str] = field(default_factory=list)
