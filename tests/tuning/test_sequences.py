import shutil
from pathlib import Path

import numpy as np
import pytest

from mmmaml.tuning.sequences import read_sequences
from tests.tuning.people import NUM_FRAMES, write_people


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for seed, name in enumerate(('east', 'west')):
        write_people(tmp_path / 'train', name, seed=seed)
    return tmp_path / 'train'


def test_frames_hold_the_detections_of_the_file(root: Path) -> None:
    east, west = read_sequences(root)
    assert (east.name, west.name) == ('east', 'west')
    rows = np.loadtxt(root / 'east' / 'det' / 'det.txt', delimiter=',')
    assert len(east.frames) == NUM_FRAMES
    for number, (boxes, scores, labels, feats) in enumerate(east.frames, start=1):
        expected = rows[rows[:, 0] == number]
        np.testing.assert_allclose(boxes[:, :2], expected[:, 2:4], atol=1e-4)
        np.testing.assert_allclose(boxes[:, 2:] - boxes[:, :2], expected[:, 4:6], atol=1e-4)
        np.testing.assert_allclose(scores, expected[:, 6], atol=1e-6)
        assert not labels.any()
        assert feats is None


def test_detections_of_a_folder_of_files_come_first(root: Path, tmp_path: Path) -> None:
    folder = tmp_path / 'yolox'
    folder.mkdir()
    for name in ('east', 'west'):
        (folder / f'{name}.txt').write_text('2,-1,5,5,10,10,0.5\n')
    for sequence in read_sequences(root, folder):
        assert [len(frame[0]) for frame in sequence.frames][:3] == [0, 1, 0]


def test_a_sequence_without_detections_is_named(root: Path) -> None:
    (root / 'west' / 'det' / 'det.txt').unlink()
    with pytest.raises(FileNotFoundError, match=r'holds no detections of west: expected SEQ/det'):
        read_sequences(root)


def test_a_sequence_without_ground_truth_is_named(root: Path) -> None:
    (root / 'west' / 'gt' / 'gt.txt').unlink()
    with pytest.raises(FileNotFoundError, match='holds no ground truth of west'):
        read_sequences(root)


def test_one_sequence_leaves_none_to_hold_out(root: Path) -> None:
    shutil.rmtree(root / 'west')
    with pytest.raises(ValueError, match='holds one sequence, east: two at least are needed'):
        read_sequences(root)


def test_an_unknown_frame_rate_is_asked_for(root: Path) -> None:
    (root / 'west' / 'seqinfo.ini').unlink()
    with pytest.raises(ValueError, match='frame rate of west is unknown'):
        read_sequences(root)
    assert read_sequences(root, frame_rate=5)[1].truth.frame_rate == 5


def test_detections_outside_are_refused(root: Path) -> None:
    path = root / 'east' / 'det' / 'det.txt'
    path.write_text(path.read_text() + '99,-1,5,5,10,10,0.9,-1,-1,-1\n')
    with pytest.raises(ValueError, match=r'1 of 65 detections are of frames outside 1\.\.16'):
        read_sequences(root)


def test_no_detection_at_all_is_refused(root: Path) -> None:
    (root / 'east' / 'det' / 'det.txt').write_text('')
    with pytest.raises(ValueError, match='holds no detection'):
        read_sequences(root)


def test_a_missing_folder_of_detections_is_named(root: Path) -> None:
    with pytest.raises(FileNotFoundError, match='nowhere does not exist'):
        read_sequences(root, root / 'nowhere')
