"""Features of fixed detections as a tracker gets them, and the people they show."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from mmengine.config import Config
from mmengine.runner import Runner, load_checkpoint
from torch import Tensor, nn

from mmmaml.models.trackers.association.assignment import assign
from mmmaml.registry import MODELS
from mmmaml.utils.box_overlap import pairwise_iou
from mmmaml.utils.mot_files import (
    CLASS,
    FRAME,
    HEIGHT,
    ID,
    LEFT,
    PEDESTRIAN,
    SCORE,
    VISIBILITY,
    WIDTH,
    SequenceInfo,
    read_rows,
    read_seqinfo,
)

# As for crops to train on: of someone less visible a box shows mostly somebody else.
MIN_VISIBILITY = 0.3


@dataclass(frozen=True)
class FrameInput:
    """Arguments of ``OnlineMetaTracker.step`` in one frame."""

    frame_id: int
    bboxes: Tensor
    scores: Tensor
    labels: Tensor
    feats: Tensor | None
    others: dict[str, Any]


@dataclass(frozen=True)
class SequenceInput:
    """Frames that a tracker was given in one sequence.

    Attributes:
        info: The sequence.
        truth: (R, 9) rows of its ground truth.
        frames: Its frames.
    """

    info: SequenceInfo
    truth: np.ndarray
    frames: list[FrameInput]


@dataclass(frozen=True)
class Items:
    """Detections of known people.

    Attributes:
        feats: (R, C) inputs of the adapted layer.
        instance_id: (R,) their people.
        frame_id: (R,) frame, from 0.
    """

    feats: Tensor
    instance_id: np.ndarray
    frame_id: np.ndarray


def load_model(config: Config, checkpoint: Path, options: Mapping[str, Any]) -> nn.Module:
    """Load a trained MAMLMOT model, with some values of its config replaced."""
    config = Config(config.to_dict())
    config.merge_from_dict(dict(options))
    model = MODELS.build(config.model)
    load_checkpoint(model, str(checkpoint), map_location='cpu')
    return model.eval()


def record_sequences(model: nn.Module, config: Config) -> dict[str, SequenceInput]:
    """Run the model over its test sequences and keep the arguments of its tracker.

    Nothing is tracked; features are those of the model's own path.

    Args:
        model: A MAMLMOT model.
        config: Its config, for the test data.

    Returns:
        Name of the sequence to its frames.
    """
    given: list[FrameInput] = []

    def step(
        frame_id: int,
        bboxes: Tensor,
        scores: Tensor,
        labels: Tensor,
        feats: Tensor | None = None,
        **others: Any,
    ) -> Tensor:
        given.append(FrameInput(frame_id, bboxes, scores, labels, feats, others))
        return torch.full((len(bboxes),), -1)

    model.tracker.step = step
    sequences: dict[str, SequenceInput] = {}
    for batch in Runner.build_dataloader(config.test_dataloader):
        (sample,) = model.test_step(batch)
        folder = Path(sample.video_data_samples[0].img_path).parent.parent
        if folder.name not in sequences:
            sequences[folder.name] = _sequence(folder)
        sequences[folder.name].frames.append(given.pop())
    del model.tracker.step
    return sequences


def _sequence(folder: Path) -> SequenceInput:
    truth = read_rows(folder / 'gt' / 'gt.txt')
    # Boxes without identity are no tracks; scoring leaves them out too.
    return SequenceInput(read_seqinfo(folder), truth[truth[:, ID] >= 0], [])


def known_items(sequence: SequenceInput, min_score: float) -> Items:
    """Select detections that show a person of the ground truth, by an IoU of at least 0.5.

    Args:
        sequence: The sequence.
        min_score: Detections below have no features.
    """
    people = _visible_people(sequence.truth)
    feats, instances, frames = [], [], []
    for frame in sequence.frames:
        if frame.feats is None:
            continue
        here = people[people[:, FRAME] == frame.frame_id + 1]
        usable = (frame.scores >= min_score).nonzero()[:, 0]
        boxes = frame.bboxes[usable].double().numpy()
        row, column = assign(1 - pairwise_iou(_corners(here), boxes), 0.5)
        feats.append(frame.feats[usable[torch.from_numpy(column)]])
        instances.append(here[row, ID].astype(np.int64))
        frames.append(np.full(len(row), frame.frame_id))
    return Items(torch.cat(feats), np.concatenate(instances), np.concatenate(frames))


def _visible_people(truth: np.ndarray) -> np.ndarray:
    """Select rows that count, as in training; MOT15 states −1 for class and visibility."""
    person = np.isin(truth[:, CLASS], (PEDESTRIAN, -1)) & (truth[:, SCORE] != 0)
    visibility = truth[:, VISIBILITY]
    return truth[person & ((visibility >= MIN_VISIBILITY) | (visibility < 0))]


def _corners(rows: np.ndarray) -> np.ndarray:
    top_left = rows[:, LEFT:WIDTH]
    return np.hstack([top_left, top_left + rows[:, WIDTH : HEIGHT + 1]])
