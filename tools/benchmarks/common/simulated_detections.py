"""Detections and embeddings as a good detector and Re-ID network would give them.

They are made from ground truth or from scratch, by one generator with a fixed seed, so that every
tracker gets the same.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from mmmaml.utils.mot_files import (
    CLASS,
    FRAME,
    HEIGHT,
    ID,
    LEFT,
    NUM_COLUMNS,
    PEDESTRIAN,
    SCORE,
    VISIBILITY,
    WIDTH,
    read_rows,
    read_seqinfo,
)

FRAME_RATE = 30.0
"""Of ground truth that comes without a ``seqinfo.ini``."""


@dataclass(frozen=True)
class Noise:
    """Differences of detections from the truth.

    Attributes:
        jitter: Standard deviation of each edge of a box, as a share of the box's size.
        dropped: Share of the boxes that is not detected.
        cosine: Cosine between an embedding and the direction of its identity.
        min_visibility: People of whom less is visible can neither be detected nor missed.
        channels: C, length of an embedding.
    """

    jitter: float = 0.02
    dropped: float = 0.05
    cosine: float = 0.89
    min_visibility: float = 0.25
    channels: int = 128


@dataclass(frozen=True)
class SimulatedFrame:
    """Input of a tracker in one frame.

    Attributes:
        number: Of the frame, from 1.
        boxes: (N, 4) float32 xyxy in pixels.
        scores: (N,) float32, 0.65 for someone invisible to 0.95 for someone in full view: above
            every threshold that the compared trackers recommend once ``min_visibility`` is met.
        labels: (N,) int64 zeros.
        feats: (N, C) float32 embeddings of length 1.
        identities: (N,) int64 ids of the ground truth.
    """

    number: int
    boxes: Tensor
    scores: Tensor
    labels: Tensor
    feats: Tensor
    identities: np.ndarray


@dataclass(frozen=True)
class Video:
    """A simulated video.

    Attributes:
        name: For tables.
        frame_rate: Frames per second.
        truth: (R, 9) rows of the people that can be detected, in MOT layout.
        frames: One for each frame of the video, empty ones included.
    """

    name: str
    frame_rate: float
    truth: np.ndarray
    frames: list[SimulatedFrame]

    def mean_objects(self) -> float:
        """Return the people that can be detected, a frame."""
        return len(self.truth) / len(self.frames)


def read_video(path: Path, noise: Noise, seed: int, max_frames: int | None = None) -> Video:
    """Simulate detections on ground truth.

    Args:
        path: A ground truth file in MOT layout, or a sequence folder with ``gt/gt.txt``.
        noise: Differences of detections from it.
        seed: Of all random numbers.
        max_frames: Use the first frames only.

    Raises:
        FileNotFoundError: There is no such file.
        ValueError: The file is malformed or holds nobody who can be detected.
    """
    name, frame_rate, file = path.stem, FRAME_RATE, path
    if path.is_dir():
        file = path / 'gt' / 'gt.txt'
        name = path.name
        if (path / 'seqinfo.ini').is_file():
            frame_rate = read_seqinfo(path).frame_rate
    rows = read_rows(file)
    truth = detectable(rows, noise.min_visibility)
    if max_frames is not None:
        truth = truth[truth[:, FRAME] <= max_frames]
    if not len(truth):
        raise ValueError(
            f'{file} holds nobody to detect: of {len(rows)} rows none is considered, of class '
            f'{PEDESTRIAN} and at least {noise.min_visibility:g} visible'
        )
    return Video(name, frame_rate, truth, simulate(truth, noise, seed))


def detectable(rows: np.ndarray, min_visibility: float) -> np.ndarray:
    """Select rows of people who can be detected, each marked as such.

    Args:
        rows: (R, 9) ground truth in MOT layout. Class and visibility count if they are given.
        min_visibility: Least share of a person that must be visible.
    """
    person = np.isin(rows[:, CLASS], (PEDESTRIAN, -1))
    visible = (rows[:, VISIBILITY] >= min_visibility) | (rows[:, VISIBILITY] < 0)
    solid = (rows[:, WIDTH] > 0) & (rows[:, HEIGHT] > 0)
    kept = rows[(rows[:, SCORE] != 0) & person & visible & solid].copy()
    kept[:, SCORE], kept[:, CLASS] = 1, PEDESTRIAN
    kept[kept[:, VISIBILITY] < 0, VISIBILITY] = 1
    return kept


def simulate(truth: np.ndarray, noise: Noise, seed: int) -> list[SimulatedFrame]:
    """Make detections of each frame from 1 to the last of ``truth`` (R, 9)."""
    rng = np.random.default_rng(seed)
    identities, index = np.unique(truth[:, ID].astype(np.int64), return_inverse=True)
    directions = unit_vectors(rng, len(identities), noise.channels)
    detected = np.flatnonzero(rng.random(len(truth)) >= noise.dropped)
    detected = detected[np.argsort(truth[detected, FRAME], kind='stable')]
    rows = truth[detected]
    boxes = jittered_boxes(rng, rows, noise.jitter)
    feats = noisy(rng, directions[index[detected]], noise.cosine)
    scores = 0.65 + 0.3 * rows[:, VISIBILITY]
    ends = np.searchsorted(rows[:, FRAME], np.arange(int(truth[:, FRAME].max()) + 1), 'right')
    return [
        SimulatedFrame(
            number=number,
            boxes=torch.from_numpy(boxes[start:end]).float(),
            scores=torch.from_numpy(scores[start:end]).float(),
            labels=torch.zeros(end - start, dtype=torch.long),
            feats=torch.from_numpy(feats[start:end]),
            identities=rows[start:end, ID].astype(np.int64),
        )
        for number, (start, end) in enumerate(pairwise(ends), start=1)
    ]


def unit_vectors(rng: np.random.Generator, number: int, channels: int) -> np.ndarray:
    """Draw directions (number, channels) float32."""
    vectors = rng.standard_normal((number, channels), dtype=np.float32)
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def noisy(rng: np.random.Generator, directions: np.ndarray, cosine: float) -> np.ndarray:
    """Draw unit vectors about directions (R, C), at ``cosine`` to them on average."""
    channels = directions.shape[1]
    # The noise is almost orthogonal to the direction, and its length almost fixed.
    std = float(np.sqrt((1 / cosine**2 - 1) / channels))
    vectors = directions + std * rng.standard_normal(directions.shape, dtype=np.float32)
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def jittered_boxes(rng: np.random.Generator, rows: np.ndarray, jitter: float) -> np.ndarray:
    """Return boxes (R, 4) xyxy of MOT rows (R, 9), each edge moved by a share of the size."""
    corner, size = rows[:, LEFT:WIDTH], rows[:, WIDTH : HEIGHT + 1]
    boxes = np.concatenate([corner, corner + size], axis=1)
    return boxes + jitter * np.tile(size, 2) * rng.standard_normal(boxes.shape)


def crowd(number: int, num_frames: int, seed: int) -> np.ndarray:
    """Make ground truth (R, 9) of people who walk at random in 3840x2160 pixels.

    Boxes are 40 to 80 pixels wide and 2.4 times as high. Speeds are a random walk of 0.5 pixels a
    frame that fades to about 3 pixels a frame; people turn around at the border.
    """
    rng = np.random.default_rng(seed)
    width = rng.uniform(40, 80, number)
    size = np.stack([width, 2.4 * width], axis=1)
    room = np.array([3840.0, 2160.0]) - size
    corner = rng.uniform(0, 1, (number, 2)) * room
    velocity = rng.normal(0, 2, (number, 2))
    rows = np.ones((num_frames, number, NUM_COLUMNS))
    rows[:, :, FRAME] = np.arange(1, num_frames + 1)[:, None]
    rows[:, :, ID] = np.arange(1, number + 1)
    rows[:, :, WIDTH : HEIGHT + 1] = size
    for frame in range(num_frames):
        velocity = 0.97 * velocity + rng.normal(0, 0.5, (number, 2))
        ahead = corner + velocity
        velocity = np.where((ahead < 0) | (ahead > room), -velocity, velocity)
        corner = np.clip(corner + velocity, 0, room)
        rows[frame, :, LEFT:WIDTH] = corner
    return rows.reshape(-1, NUM_COLUMNS)


def coming_and_going(
    in_view: int, num_frames: int, noise: Noise, seed: int
) -> Iterator[SimulatedFrame]:
    """Simulate an endless street: everyone crosses 1920x1080 pixels, and someone new follows.

    Frames are made one at a time, so that the memory of a process tells what the tracker keeps.

    Args:
        in_view: People in view, about.
        num_frames: Frames to make.
        noise: Differences of detections from the truth.
        seed: Of all random numbers.
    """
    rng = np.random.default_rng(seed)
    stay = 240  # frames
    width = rng.uniform(40, 80, in_view)
    lane = np.linspace(50, 850, in_view)
    directions = unit_vectors(rng, in_view, noise.channels)
    entered = -rng.integers(0, stay, in_view)  # so that they do not all leave together
    identities = np.arange(1, in_view + 1)
    for number in range(1, num_frames + 1):
        gone = number - entered > stay
        directions[gone] = unit_vectors(rng, int(gone.sum()), noise.channels)
        identities[gone] = identities.max() + np.arange(1, gone.sum() + 1)
        entered[gone] = number
        seen = rng.random(in_view) >= noise.dropped
        left = 1800 * (number - entered[seen]) / stay
        rows = np.zeros((len(left), NUM_COLUMNS))
        rows[:, LEFT], rows[:, LEFT + 1] = left, lane[seen]
        rows[:, WIDTH], rows[:, HEIGHT] = width[seen], 2.4 * width[seen]
        yield SimulatedFrame(
            number=number,
            boxes=torch.from_numpy(jittered_boxes(rng, rows, noise.jitter)).float(),
            scores=torch.full((len(rows),), 0.95),
            labels=torch.zeros(len(rows), dtype=torch.long),
            feats=torch.from_numpy(noisy(rng, directions[seen], noise.cosine)),
            identities=identities[seen].copy(),
        )
