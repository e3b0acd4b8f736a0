"""Frames of a task that move alike."""

import numpy as np
import pytest
from mmcv.transforms import BaseTransform

from mmmaml.datasets.transforms import AffineFrame, FlipFrame, ShiftFrameHSV

TRANSFORMS = {
    'affine': AffineFrame,
    'flip': FlipFrame,
    'colours': ShiftFrameHSV,
}


def run(transform: BaseTransform, task: int, item: int) -> bytes:
    image = np.random.default_rng(0).integers(0, 255, (24, 32, 3), np.uint8)
    rngs = {'task_rng': np.random.default_rng(task), 'rng': np.random.default_rng(item)}
    return transform({'img': image, **rngs})['img'].tobytes()


@pytest.mark.parametrize('kind', TRANSFORMS)
def test_frames_of_a_task_move_alike_and_others_alone(kind: str) -> None:
    alike, alone = TRANSFORMS[kind](per_task=True), TRANSFORMS[kind]()
    of_task = {task: {run(alike, task, item) for item in range(8)} for task in range(8)}
    assert all(len(found) == 1 for found in of_task.values())
    assert len(set.union(*of_task.values())) > 1
    assert len({run(alone, 0, item) for item in range(8)}) > 1
