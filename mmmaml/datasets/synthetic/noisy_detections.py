"""Public detections as a detector of middling quality would give them."""

import numpy as np

from ...utils.mot_files import (
    CLASS,
    FRAME,
    HEIGHT,
    ID,
    LEFT,
    NUM_COLUMNS,
    PEDESTRIAN,
    SCORE,
    TOP,
    VISIBILITY,
    WIDTH,
)
from .motion import FARTHEST, NEAREST, Camera
from .specs import SequenceSpec

LEAST_VISIBLE = 0.15
FALSE_POSITIVE_RATE = 0.02


def simulate_detections(
    spec: SequenceSpec, truth: np.ndarray, rng: np.random.Generator
) -> np.ndarray:
    """Make detections from the ground truth.

    Boxes are off by 2 to 4 % of their size, the more the less is visible. The less is visible,
    the more often a person is missed: never detected under 15 %, half of the time at 35 %, nearly
    always above 60 %. One detection in fifty is of nothing. Scores follow the visible part.
    Statues are detected, too, three times out of five: it is for the evaluation to ignore them.

    Args:
        spec: The sequence.
        truth: (R, 9) ground truth rows, see ``utils.mot_files``.
        rng: Source of all chance.

    Returns:
        (D, 9) rows sorted by frame, with id −1 and a score in (0, 1); boxes are clipped to the
        frame.
    """
    visible = truth[:, VISIBILITY]
    detected = rng.random(len(truth)) < 0.985 / (1 + np.exp(-(visible - 0.35) / 0.07))
    detected &= visible >= LEAST_VISIBLE
    detected &= (truth[:, CLASS] == PEDESTRIAN) | (rng.random(len(truth)) < 0.6)
    hits = truth[detected]
    sigma = 0.02 + 0.02 * (1 - hits[:, VISIBILITY])
    size = np.tile(hits[:, WIDTH : HEIGHT + 1], 2)
    boxes = hits[:, LEFT : HEIGHT + 1] + rng.normal(size=size.shape) * sigma[:, None] * size
    scores = 0.42 + 0.5 * hits[:, VISIBILITY] + rng.normal(0, 0.06, len(hits))
    frames, false_boxes, false_scores = _false_positives(spec, len(hits), rng)

    rows = np.full((len(hits) + len(frames), NUM_COLUMNS), -1.0)
    rows[:, FRAME] = np.concatenate([hits[:, FRAME], frames])
    rows[:, ID] = -1
    rows[:, LEFT : HEIGHT + 1] = np.concatenate([boxes, false_boxes])
    rows[:, SCORE] = np.clip(np.concatenate([scores, false_scores]), 0.05, 0.999)
    rows = _clip(rows, spec.size)
    return rows[np.argsort(rows[:, FRAME], kind='stable')]


def _false_positives(
    spec: SequenceSpec, num_hits: int, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Boxes of the size a person would have at that place."""
    count = rng.poisson(FALSE_POSITIVE_RATE * num_hits)
    camera = Camera(*spec.size, spec.appearance.camera_height)
    feet = rng.uniform(FARTHEST, NEAREST, count) * spec.size[1]
    height = 1.75 * np.asarray(camera.scale(camera.depth(feet))) * rng.uniform(0.8, 1.2, count)
    width = height * rng.uniform(0.3, 0.5, count)
    left = rng.uniform(0, spec.size[0], count) - width / 2
    frames = rng.integers(1, spec.num_frames + 1, count)
    boxes = np.stack([left, feet - height, width, height], 1)
    return frames, boxes, rng.uniform(0.25, 0.6, count)


def _clip(rows: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Clip boxes to the frame and drop those of which less than 2 pixels are left."""
    start = np.clip(rows[:, LEFT : TOP + 1], 0, size)
    stop = np.clip(rows[:, LEFT : TOP + 1] + rows[:, WIDTH : HEIGHT + 1], 0, size)
    rows[:, LEFT : TOP + 1], rows[:, WIDTH : HEIGHT + 1] = start, stop - start
    return rows[(rows[:, WIDTH : HEIGHT + 1] >= 2).all(1)]
