"""Detections that show a known person."""

from pathlib import Path

import numpy as np
import torch

from mmmaml.utils.mot_files import SequenceInfo
from tools.benchmarks.evidence import features


def test_detections_are_of_whom_they_overlap_most():
    # frame, id, left, top, width, height, considered, class, visibility
    truth = np.array(
        [
            [1, 4, 0, 0, 10, 20, 1, 1, 1.0],
            [1, 9, 50, 0, 10, 20, 1, 1, 1.0],
            [1, 5, 100, 0, 10, 20, 1, 1, 0.2],  # hidden
            [1, 6, 200, 0, 10, 20, 0, 1, 1.0],  # not considered
            [1, 7, 300, 0, 10, 20, 1, 7, 1.0],  # a statue
            [2, 4, 4, 0, 10, 20, 1, 1, -1.0],  # visibility unknown
        ]
    )
    lefts = [51.0, 0, 3, 100, 200, 300, 500]
    boxes = torch.tensor([[left, 0, left + 10, 20] for left in lefts])
    frames = [
        features.FrameInput(
            0, boxes, torch.ones(7), torch.zeros(7), torch.arange(7.0)[:, None], {}
        ),
        # Two of person 4: one scored too low to have features, one not overlapping enough.
        features.FrameInput(
            1,
            torch.tensor([[4.0, 0, 14, 20], [8, 0, 18, 20]]),
            torch.tensor([0.3, 0.9]),
            torch.zeros(2),
            torch.tensor([[7.0], [8.0]]),
            {},
        ),
        features.FrameInput(2, boxes[:0], torch.ones(0), torch.zeros(0), None, {}),
    ]
    info = SequenceInfo('x', Path('x'), 'img1', '.jpg', 10.0, 3, 640, 360)
    sequence = features.SequenceInput(info, truth, frames)
    items = features.known_items(sequence, min_score=0.4)
    found = {
        (int(frame), int(person)): float(feat)
        for frame, person, feat in zip(
            items.frame_id, items.instance_id, items.feats[:, 0], strict=True
        )
    }
    assert found == {(0, 4): 1.0, (0, 9): 0.0}
    items = features.known_items(sequence, min_score=0.0)
    assert items.feats[:, 0].tolist() == [1.0, 0.0, 7.0]
    assert items.instance_id.tolist() == [4, 9, 4]
