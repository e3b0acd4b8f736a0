"""Tracking frames from anywhere gives what testing on a dataset gives."""

from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from mmengine.config import Config, ConfigDict
from mmengine.structures import InstanceData

from mmmaml import apis
from mmmaml.apis import MOTInferencer, Tracks
from mmmaml.apis.sources import FrameSource
from mmmaml.models.detectors.detection_file import read_detections
from mmmaml.utils.mot_files import read_rows
from tests.apis.small_model import CONFIGS, save_weights, small_config

SEQUENCE = 'DEMO-03'
NETWORK = {
    'type': 'mmdet.FCOS',
    '_scope_': 'mmdet',
    'backbone': {'type': 'mmdet.ResNet', 'depth': 18, 'base_channels': 4},
    'neck': {
        'type': 'mmdet.FPN',
        'in_channels': [4, 8, 16, 32],
        'out_channels': 8,
        'start_level': 2,
        'num_outs': 2,
    },
    'bbox_head': {
        'type': 'mmdet.FCOSHead',
        'num_classes': 1,
        'in_channels': 8,
        'feat_channels': 8,
        'stacked_convs': 1,
        'strides': [16, 32],
        'norm_cfg': {'type': 'BN'},
    },
    'test_cfg': ConfigDict(nms_pre=50, score_thr=0.0, nms={'iou_threshold': 0.5}, max_per_img=5),
}


@pytest.fixture
def config(mot_root: Path) -> Config:
    return small_config(mot_root)


@pytest.fixture
def checkpoint(config: Config, tmp_path: Path) -> Path:
    return save_weights(config, tmp_path / 'weights.pth')


@pytest.fixture
def inferencer(config: Config, checkpoint: Path) -> MOTInferencer:
    return MOTInferencer(config, checkpoint)


@pytest.fixture(scope='session')
def sequence(mot_root: Path) -> Path:
    return mot_root / 'test' / SEQUENCE


@pytest.fixture(scope='session')
def frames(sequence: Path) -> list[np.ndarray]:
    return [cv2.imread(str(path)) for path in sorted((sequence / 'img1').iterdir())]


@pytest.fixture(scope='session')
def detections(sequence: Path) -> list[np.ndarray]:
    """Boxes of det/det.txt, for each frame (N, 5)."""
    file = read_detections(sequence / 'det' / 'det.txt')
    found = [file.at(number) for number in range(1, 31)]
    return [np.column_stack([boxes, scores]) for boxes, scores in found]


def rows(tracks: list[Tracks]) -> np.ndarray:
    return np.concatenate([each.rows() for each in tracks])


def of_test_loop(config: Config, checkpoint: Path, work_dir: Path) -> np.ndarray:
    """Rows (R, 7) that the test loop writes."""
    apis.track(config, checkpoint, work_dir)
    return read_rows(work_dir / 'results' / f'{SEQUENCE}.txt')[:, :7]


def assert_same(found: np.ndarray, expected: np.ndarray) -> None:
    assert len(expected) > 30
    np.testing.assert_allclose(found, expected, rtol=0, atol=6e-4)  # of files with 3 digits


def test_the_same_frames_give_the_tracks_of_the_test_loop(
    inferencer: MOTInferencer,
    config: Config,
    checkpoint: Path,
    tmp_path: Path,
    sequence: Path,
    frames: list[np.ndarray],
    detections: list[np.ndarray],
) -> None:
    expected = of_test_loop(config, checkpoint, tmp_path)
    in_folder = list(inferencer.track(sequence))
    assert_same(rows([tracks for _, tracks in in_folder]), expected)
    np.testing.assert_array_equal(in_folder[4][0], frames[4])
    assert inferencer.frame_rate == 6

    # The same as arrays, from a copy of the detection file, and frame by frame with their times.
    inferencer = MOTInferencer(config, checkpoint, frame_rate=6)
    of_arrays = [tracks for _, tracks in inferencer.track(frames, iter(detections))]
    assert_same(rows(of_arrays), expected)
    copy = tmp_path / 'boxes.txt'
    copy.write_bytes((sequence / 'det' / 'det.txt').read_bytes())
    assert_same(rows([tracks for _, tracks in inferencer.track(frames, copy)]), expected)
    inferencer.reset()
    pairs = zip(frames, detections, strict=True)
    single = [inferencer.update(*pair, 100 + i / 6) for i, pair in enumerate(pairs)]
    assert_same(rows(single), expected)


@pytest.mark.parametrize('name', ['mmdet-deepsort', 'mmtrack-deepsort'])
def test_models_of_mmdet_and_mmtrack_are_served(
    name: str, inferencer: MOTInferencer, checkpoint: Path, mot_root: Path, sequence: Path
) -> None:
    config = small_config(mot_root, CONFIGS / 'compose' / f'{name}_maml-reid_demo.py')
    theirs = MOTInferencer(config, checkpoint)
    expected = rows([tracks for _, tracks in inferencer.track(sequence)])
    assert_same(rows([tracks for _, tracks in theirs.track(sequence)]), expected)


def test_a_detector_with_weights_looks_at_resized_frames(
    config: Config,
    tmp_path: Path,
    sequence: Path,
    frames: list[np.ndarray],
    detections: list[np.ndarray],
) -> None:
    config.model.detector = NETWORK
    config.model.tracker.update(low_score_thr=0.0, score_thr=0.0, init_score_thr=0.0)
    config.test_dataloader.dataset.pipeline[0].transforms = [
        {'type': 'LoadFrame'},
        {'type': 'mmdet.LoadTrackAnnotations'},
        {'type': 'mmdet.Resize', 'scale': (288, 288), 'keep_ratio': True},
    ]
    checkpoint = save_weights(config, tmp_path / 'network.pth')
    inferencer = MOTInferencer(config, checkpoint)
    found = [tracks for _, tracks in inferencer.track(sequence)]
    assert_same(rows(found), of_test_loop(config, checkpoint, tmp_path))
    assert [len(inferencer.update(frame)) for frame in frames[:2]]  # arrays need no detections

    # Detections that are given go first.
    inferencer.reset()
    given = inferencer.update(frames[0], detections[0])
    assert sorted(given.bboxes[:, 0]) == sorted(detections[0][:, 0])
    assert not np.array_equal(given.bboxes, found[0].bboxes)


def test_classes_and_instances_are_passed_on(
    inferencer: MOTInferencer, frames: list[np.ndarray]
) -> None:
    boxes = np.array([[10, 10, 30, 60, 0.9, 2], [80, 20, 110, 90, 0.8, 1]])
    tracks = inferencer.update(frames[0], boxes)
    assert tracks.frame == 1
    np.testing.assert_array_equal(tracks.ids, [1, 2])
    np.testing.assert_array_equal(tracks.labels, [2, 1])
    np.testing.assert_allclose(tracks.bboxes, boxes[:, :4])
    np.testing.assert_allclose(tracks.scores, boxes[:, 4])

    table = torch.from_numpy(boxes).float()
    instances = InstanceData(bboxes=table[:, :4], scores=table[:, 4], labels=table[:, 5].long())
    again = inferencer.update(frames[1], instances)
    assert again.frame == 2
    np.testing.assert_array_equal(again.ids, [1, 2])
    assert len(inferencer.update(frames[2], np.zeros((0, 5)))) == 0
    inferencer.reset()
    first = inferencer.update(frames[3], boxes[1:])
    assert (first.frame, first.ids.tolist()) == (1, [1])


def test_a_gap_in_time_is_one_to_the_tracker(
    config: Config, checkpoint: Path, frames: list[np.ndarray]
) -> None:
    inferencer = MOTInferencer(config, checkpoint, frame_rate=10)
    box = np.array([[10.0, 10, 30, 60, 0.9]])
    assert inferencer.update(frames[0], box, 5.0).ids.tolist() == [1]
    assert inferencer.update(frames[1], box, 5.3).frame == 4
    # Longer than lost_seconds, which is 10: another person, not yet reported.
    inferencer.update(frames[2], np.zeros((0, 5)), 16.0)
    late = inferencer.update(frames[2], box, 17.0)
    assert (late.frame, len(late)) == (121, 0)
    assert inferencer.update(frames[3], box, 17.1).ids.tolist() == [2]


def test_a_state_keeps_the_ticks_of_its_clock(
    config: Config, checkpoint: Path, frames: list[np.ndarray]
) -> None:
    before = MOTInferencer(config, checkpoint, frame_rate=10)
    box = np.array([[10.0, 10, 30, 60, 0.9]])
    for number in range(3):
        before.update(frames[number], box, 5 + number / 10)
    after = MOTInferencer(config, checkpoint)
    assert after.frame_rate != 10
    after.load_state_dict(before.state_dict())
    assert after.frame_rate == 10
    after.update(frames[3], box, 7.0)
    assert after.update(frames[4], box, 8.0).frame == 14  # a second after frame 4
    again = MOTInferencer(config, checkpoint)
    again.load_state_dict(before.state_dict())
    source = FrameSource(frames[3:5], frame_rate=2)
    found = [tracks for _, tracks in again.track(source, [box, box])]
    assert [each.seconds for each in found] == [0.0, 0.5]
    assert again.model.tracker.tracks.frame_id == 8  # half a second after 3, counted from 0


def test_a_tracker_without_a_state_says_so(mot_root: Path) -> None:
    config = small_config(mot_root, CONFIGS / 'compare' / 'byte-track_r18_demo.py')
    inferencer = MOTInferencer(config)
    with pytest.raises(ValueError, match='the state of a ByteTracker cannot be saved'):
        inferencer.state_dict()
    with pytest.raises(ValueError, match='the state of a ByteTracker cannot be saved'):
        inferencer.load_state_dict({})


def test_time_is_told_by_stage(inferencer: MOTInferencer, sequence: Path) -> None:
    list(inferencer.track(sequence))
    seconds = inferencer.clock.seconds
    assert set(seconds) == {'decode', 'network', 'association', 'adaptation'}
    assert all(each > 0 for each in seconds.values())


def test_what_cannot_be_tracked_is_refused(
    inferencer: MOTInferencer, frames: list[np.ndarray], tmp_path: Path
) -> None:
    boxes = np.array([[10.0, 10, 30, 60, 0.9]])
    with pytest.raises(ValueError, match='in place of PublicDetector'):
        inferencer.update(frames[0])
    with pytest.raises(ValueError, match=r'video needs a detection file .* PublicDetector'):
        inferencer.track(frames)
    with pytest.raises(ValueError, match=r'frame must be an array \(H, W, 3\), got ndarray of sh'):
        inferencer.update(frames[0][..., 0], boxes)
    with pytest.raises(ValueError, match='uint8 and not empty, got float32'):
        inferencer.update(frames[0].astype(np.float32), boxes)
    with pytest.raises(ValueError, match=r'shape \(1, 4\): expected \(N, 5\)'):
        inferencer.update(frames[0], boxes[:, :4])
    with pytest.raises(FileNotFoundError, match=r'detections no\.txt do not exist'):
        inferencer.track(frames, 'no.txt')
    with pytest.raises(ValueError, match='detections end after frame 1 of video'):
        list(inferencer.track(frames, [boxes]))
    inferencer.reset()
    assert inferencer.update(frames[0], boxes, 1.0).frame == 1  # nothing of that was a frame
    with pytest.raises(ValueError, match=r'timestamp 1\.0 does not come after 1\.0'):
        inferencer.update(frames[1], boxes, 1.0)
    with pytest.raises(ValueError, match='bboxes of detection 0 are not finite'):
        inferencer.update(frames[1], boxes * np.nan, 2.0)
    assert inferencer.update(frames[1], boxes, 1 + 1 / inferencer.frame_rate).frame == 2


def test_what_cannot_track_is_refused(config: Config) -> None:
    with pytest.raises(ValueError, match='frame_rate=0 must be greater than 0'):
        MOTInferencer(config, frame_rate=0)
    config.model = config.model.reid
    with pytest.raises(ValueError, match='MetaReID has no tracker: give a MOT config'):
        MOTInferencer(config)
