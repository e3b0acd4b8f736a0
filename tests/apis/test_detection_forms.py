"""Detections of other libraries go in and come back with ids, all else kept."""

import copy
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch

from mmmaml.apis import MOTInferencer
from tests.apis.bright_people import config, frames

BOXES = np.array([[300.0, 10, 340, 90], [40, 10, 80, 90], [200, 10, 240, 90]], np.float32)
SCORES = np.array([0.9, 0.8, 0.05], np.float32)
CLASSES = np.array([0, 0, 0])
EXPECTED = [1, 2, -1]  # the third is too weak for a track


@pytest.fixture
def inferencer(tmp_path: Path) -> MOTInferencer:
    return MOTInferencer(config(tmp_path))


class Detections(SimpleNamespace):
    """The attributes of ``supervision.Detections``."""


class Boxes:
    """Boxes of ultralytics: a table with columns by name."""

    def __init__(self, data: Any) -> None:
        self.data, self.is_track = data, data.shape[1] == 7

    xyxy = property(lambda self: self.data[:, :4])
    conf = property(lambda self: self.data[:, -2])
    cls = property(lambda self: self.data[:, -1])
    id = property(lambda self: self.data[:, -3] if self.is_track else None)


def test_detections_of_supervision_keep_their_fields(inferencer: MOTInferencer) -> None:
    given = Detections(
        xyxy=BOXES,
        confidence=SCORES,
        class_id=CLASSES,
        tracker_id=None,
        mask=np.ones((3, 4, 4), bool),
        data={'class_name': np.array(['a', 'b', 'c'])},
    )
    before = copy.deepcopy(given)
    found = inferencer.update(frames()[0], given)
    assert type(found) is Detections
    assert found.tracker_id.tolist() == EXPECTED
    assert given.tracker_id is None
    for name in ('xyxy', 'confidence', 'class_id', 'mask'):
        np.testing.assert_array_equal(getattr(found, name), getattr(before, name))
    assert found.data['class_name'].tolist() == ['a', 'b', 'c']
    # Another order, and the ids follow.
    order = [2, 0, 1]
    turned = Detections(
        xyxy=BOXES[order], confidence=None, class_id=None, tracker_id=np.array([7, 7, 7])
    )
    assert inferencer.update(frames()[1], turned).tracker_id.tolist()[1:] == [1, 2]
    empty = Detections(
        xyxy=np.zeros((0, 4), np.float32), confidence=None, class_id=None, tracker_id=None
    )
    assert inferencer.update(frames()[2], empty).tracker_id.shape == (0,)


@pytest.mark.parametrize('kind', ['torch', 'numpy'])
def test_results_of_ultralytics_get_ids(inferencer: MOTInferencer, kind: str) -> None:
    data: Any = np.column_stack([BOXES, SCORES, CLASSES]).astype(np.float32)
    data = torch.from_numpy(data) if kind == 'torch' else data
    given = SimpleNamespace(boxes=Boxes(data), names={0: 'person'}, path='a.jpg')
    found = inferencer.update(frames()[0], given)
    assert found.boxes.id.tolist() == EXPECTED
    assert type(found.boxes.data) is type(data)
    np.testing.assert_array_equal(found.boxes.xyxy, BOXES)
    np.testing.assert_array_equal(found.boxes.conf, SCORES)
    np.testing.assert_array_equal(found.boxes.cls, CLASSES)
    assert (found.names, found.path) == ({0: 'person'}, 'a.jpg')
    assert given.boxes.id is None
    assert inferencer.update(frames()[1], found).boxes.id.tolist() == EXPECTED  # ids are replaced
    plain = SimpleNamespace(boxes=SimpleNamespace(xyxy=BOXES, conf=SCORES, cls=CLASSES))
    assert inferencer.update(frames()[2], plain).boxes.id.tolist() == EXPECTED


def test_tracks_tell_their_detections(inferencer: MOTInferencer) -> None:
    order = [2, 1, 0]
    rows = np.column_stack([BOXES, SCORES])[order]
    tracks = inferencer.update(frames()[0], rows)
    np.testing.assert_array_equal(tracks.bboxes, rows[tracks.det_idx, :4])
    assert tracks.det_idx.tolist() == [1, 2]


def test_the_real_supervision_is_served(inferencer: MOTInferencer) -> None:
    supervision = pytest.importorskip('supervision')
    given = supervision.Detections(
        xyxy=BOXES,
        confidence=SCORES,
        class_id=CLASSES,
        mask=np.ones((3, 4, 4), bool),
        data={'class_name': np.array(['a', 'b', 'c'])},
        metadata={'camera': 'east'},
    )
    found = inferencer.update(frames()[0], given)
    assert isinstance(found, supervision.Detections)
    assert found.tracker_id.tolist() == EXPECTED
    assert found[found.tracker_id >= 0].data['class_name'].tolist() == ['a', 'b']
    assert found.metadata == {'camera': 'east'}
    empty = inferencer.update(frames()[1], supervision.Detections.empty())
    assert len(empty) == 0
    assert empty.tracker_id is not None
