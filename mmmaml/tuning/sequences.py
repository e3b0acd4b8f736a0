"""Sequences to tune on: ground truth, detections and their features."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from mmmaml.evaluation import TrackedSequence
from mmmaml.evaluation.files.track_folders import find_truth, read_sequence
from mmmaml.models.detectors.detection_file import DetectionFile, read_detections

Frames = list[tuple[Tensor, Tensor, Tensor, Tensor | None]]
"""Boxes (N, 4) xyxy, scores (N,), labels (N,) and features (N, C) of each frame."""


@dataclass(frozen=True, eq=False)
class TuningSequence:
    """A sequence to track again and again.

    Attributes:
        truth: Ground truth, number of frames and frame rate; its results are empty.
        detections: The detections within its frames.
        feats: (R, C) features of the detections; None without.
    """

    truth: TrackedSequence
    detections: DetectionFile
    feats: Tensor | None = None
    frames: Frames = field(init=False, repr=False)

    def __post_init__(self) -> None:
        found = self.detections
        bounds = np.searchsorted(found.frames, np.arange(1, self.truth.num_frames + 2))
        boxes, scores = torch.from_numpy(found.bboxes), torch.from_numpy(found.scores)
        frames: Frames = []
        for start, stop in zip(bounds[:-1].tolist(), bounds[1:].tolist(), strict=True):
            labels = torch.zeros(stop - start, dtype=torch.long)
            feats = None if self.feats is None else self.feats[start:stop]
            frames.append((boxes[start:stop], scores[start:stop], labels, feats))
        object.__setattr__(self, 'frames', frames)

    @property
    def name(self) -> str:
        """Name of the sequence."""
        return self.truth.name

    @property
    def folder(self) -> Path:
        """Folder of the sequence, with its images if there are any."""
        assert self.truth.gt_file is not None
        path = self.truth.gt_file.path
        return path.parent.parent if path.parent.name == 'gt' else path.with_suffix('')

    def with_feats(self, feats: Tensor) -> 'TuningSequence':
        """Return the sequence with features (R, C) of its detections."""
        return replace(self, feats=feats)


def read_sequences(
    gt: Path, detections: Path | None = None, frame_rate: float | None = None
) -> list[TuningSequence]:
    """Read all sequences of a folder.

    Args:
        gt: Ground truth, ``SEQ/gt/gt.txt`` (and ``SEQ/seqinfo.ini``, if there) or ``SEQ.txt``.
        detections: Detections, ``SEQ.txt`` or ``SEQ/det/det.txt``; None takes ``SEQ/det/det.txt``
            beside the ground truth.
        frame_rate: Frames per second of sequences without ``seqinfo.ini``.

    Raises:
        FileNotFoundError: A folder is missing, or a sequence lacks ground truth or detections.
        ValueError: There is one sequence alone, a frame rate is unknown, or rows are malformed.
    """
    truth = find_truth(gt)
    files = _find_detections(detections or gt)
    if without := sorted(truth.keys() - files.keys()):
        raise FileNotFoundError(
            f'{detections or gt} holds no detections of {", ".join(without)}: expected SEQ.txt '
            'or SEQ/det/det.txt'
            if detections
            else f'{gt} holds no detections of {", ".join(without)}: expected SEQ/det/det.txt, '
            'or give --detections'
        )
    if without := sorted(files.keys() - truth.keys()):
        raise FileNotFoundError(
            f'{gt} holds no ground truth of {", ".join(without)}, of which there are detections: '
            'add SEQ/gt/gt.txt, or leave their detections out'
        )
    if len(truth) < 2:
        raise ValueError(
            f'{gt} holds one sequence, {next(iter(truth))}: two at least are needed, as values '
            'are tried on sequences that they were not searched on. Cut a long video in two'
        )
    return [_read(name, truth[name], files[name], frame_rate) for name in truth]


def _find_detections(folder: Path) -> Mapping[str, Path]:
    if not folder.is_dir():
        raise FileNotFoundError(f'folder of detections {folder} does not exist or is no folder')
    nested = {path.parts[-3]: path for path in folder.glob('*/det/det.txt')}
    flat = {path.stem: path for path in folder.glob('*.txt')} if not nested else {}
    return nested or flat


def _read(name: str, gt: Path, detections: Path, frame_rate: float | None) -> TuningSequence:
    found = read_detections(detections)
    sequence = read_sequence(name, gt, detections, frame_rate)
    if sequence.frame_rate is None:
        raise ValueError(f'the frame rate of {name} is unknown (no seqinfo.ini): give --fps')
    inside = (found.frames >= 1) & (found.frames <= sequence.num_frames)
    if not inside.all():
        raise ValueError(
            f'{detections}: {int((~inside).sum())} of {len(inside)} detections are of frames '
            f'outside 1..{sequence.num_frames}, which is all {name} has'
        )
    if not len(inside):
        raise ValueError(f'{detections} holds no detection with width and height')
    return TuningSequence(replace(sequence, results=np.zeros((0, 7)), results_file=None), found)
