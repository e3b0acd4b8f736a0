from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from mmdet.structures import DetDataSample, TrackDataSample
from mmengine.logging import MMLogger
from mmengine.structures import InstanceData

from mmmaml.evaluation.metrics.frame_tracks import FrameTracks, merge_frames
from mmmaml.evaluation.metrics.frame_tracks import frames_of_sample as frames_and_feats


def frames_of_sample(sample: dict) -> list[FrameTracks]:
    return [frame for frame, _ in frames_and_feats(sample)]


def frame_sample(frame_id=0, ids=(3, -1, 0), length=2, path='data/S/img1/000004.jpg', **meta):
    sample = DetDataSample(
        metainfo={'img_path': path, 'frame_id': frame_id, 'ori_video_length': length, **meta}
    )
    sample.pred_track_instances = InstanceData(
        bboxes=torch.tensor([[10.5, 20, 30, 60]]).repeat(len(ids), 1),
        scores=torch.full((len(ids),), 0.5),
        instances_id=torch.tensor(ids, dtype=torch.long),
    )
    return sample


def frame(frame_id, ids=(1,), length=2, rank=0, name='S', root='data', offset=1):
    rows = np.array([[frame_id + 1, i, 0, 0, 1, 1, 1] for i in ids], dtype=float).reshape(-1, 7)
    return FrameTracks(Path(root) / name, frame_id + offset, frame_id, length, rank, rows)


def test_a_frame_of_mmtrack_and_a_clip_of_mmdet_give_the_same():
    clip = TrackDataSample()
    clip.video_data_samples = [frame_sample(0), frame_sample(1)]

    flat = frames_of_sample(frame_sample(1).to_dict())
    frames = frames_of_sample(clip.to_dict())

    assert [f.frame_id for f in frames] == [0, 1]
    assert flat[0].sequence_dir == frames[1].sequence_dir == Path('data/S')
    assert flat[0].image_number == 4
    np.testing.assert_array_equal(flat[0].rows, frames[1].rows)
    # The box of id -1 is not reported.
    np.testing.assert_array_equal(
        flat[0].rows, [[2, 3, 10.5, 20, 19.5, 40, 0.5], [2, 0, 10.5, 20, 19.5, 40, 0.5]]
    )


def test_the_length_of_the_split_comes_before_that_of_the_clip():
    both = frame_sample(length=7, video_length=1).to_dict()
    clip = dict(both)
    del clip['ori_video_length']

    assert frames_of_sample(both)[0].video_length == 7
    assert frames_of_sample(clip)[0].video_length == 1


def test_an_empty_frame_has_no_rows():
    assert frames_of_sample(frame_sample(ids=()).to_dict())[0].rows.shape == (0, 7)


@pytest.mark.parametrize('key', ['img_path', 'frame_id', 'ori_video_length'])
def test_missing_metainfo_is_named(key):
    sample = frame_sample().to_dict()
    del sample[key]
    key = key.replace('ori_', '')
    with pytest.raises(ValueError, match=f'no {key!r}.*add it to meta_keys'):
        frames_of_sample(sample)


def test_missing_predictions_and_unnumbered_images_are_named():
    sample = frame_sample()
    del sample.pred_track_instances
    with pytest.raises(ValueError, match=r'S/img1/000004.jpg: .*no pred_track_instances'):
        frames_of_sample(sample.to_dict())
    with pytest.raises(ValueError, match=r'first.jpg: the name of a frame must be its number'):
        frames_of_sample(frame_sample(path='S/img1/first.jpg').to_dict())


def test_counts_of_a_model_that_counts():
    sample = frame_sample(crowd_count=2.5)
    (found,) = frames_of_sample(sample.to_dict())
    assert (found.crowd_count, found.num_boxes) == (2.5, None)
    sample.pred_instances = InstanceData(scores=torch.tensor([0.3, 0.5, 0.7]))
    ((found, _),) = frames_and_feats(sample.to_dict(), count_score_thr=0.5)
    assert (found.crowd_count, found.num_boxes) == (2.5, 2)
    (silent,) = frames_of_sample(frame_sample().to_dict())
    assert silent.crowd_count is silent.num_boxes is None


def test_counts_are_merged_and_may_be_missing():
    counted = [replace(frame(0), crowd_count=1.5, num_boxes=2), frame(1)]
    ((merged, _),) = merge_frames(counted[::-1])
    np.testing.assert_array_equal(merged.counts.density, [1.5, np.nan])
    np.testing.assert_array_equal(merged.counts.boxes, [2, np.nan])
    assert merge_frames([frame(0), frame(1)])[0][0].counts is None


def test_frames_are_ordered_and_padding_counts_once():
    ((merged, _),) = merge_frames([frame(1, ids=(5,)), frame(0, ids=()), frame(1, ids=(5,))])

    assert (merged.name, merged.num_frames) == ('S', 2)
    np.testing.assert_array_equal(merged.images.numbers, [1, 2])
    np.testing.assert_array_equal(merged.results[:, :2], [[2, 5]])


def test_the_process_that_tracked_the_whole_sequence_is_believed():
    frames = [frame(0, ids=(77,), rank=0), *(frame(i, ids=(4,), rank=1) for i in range(2))]

    ((merged, _),) = merge_frames(frames)
    np.testing.assert_array_equal(merged.results[:, 1], [4, 4])


def test_a_sequence_of_two_processes_is_merged_with_a_warning(monkeypatch):
    messages = []
    logger = MMLogger.get_current_instance()
    monkeypatch.setattr(logger, 'log', lambda level, message: messages.append(message))

    ((merged, _),) = merge_frames([frame(1, ids=(4,), rank=1), frame(0, ids=(3,), rank=0)])

    np.testing.assert_array_equal(merged.results[:, 1], [3, 4])
    assert messages[0].startswith('S was tracked by several processes')


def test_a_sequence_with_holes_is_refused():
    with pytest.raises(ValueError, match=r'S: 2 of 3 frames were not tested, .* frame_id 0'):
        merge_frames([frame(1, length=3)])
    with pytest.raises(ValueError, match='S: frame_id 2 lies outside the 2 frames'):
        merge_frames([frame(i) for i in range(3)])


def test_contradictions_are_refused():
    with pytest.raises(ValueError, match=r'several sequences are named S: a/S, b/S'):
        merge_frames([frame(0, root='a'), frame(1, root='b')])
    with pytest.raises(ValueError, match=r'different splits \(video lengths \[2, 3\]\)'):
        merge_frames([frame(0), frame(1, length=3)])
    with pytest.raises(ValueError, match='different splits'):
        merge_frames([frame(0), frame(1), frame(0, offset=3), frame(1, offset=3)])


def test_cut_takes_the_frames_of_the_split_and_counts_from_one():
    ((merged, _),) = merge_frames([frame(i, length=3, offset=5) for i in range(3)])
    rows = np.array([[4, 1.0], [5, 2], [7, 3], [6, 4], [8, 5], [5, 6]])

    inside, indices = merged.images.cut(rows)
    np.testing.assert_array_equal(inside, [[1, 2], [3, 3], [2, 4], [1, 6]])
    np.testing.assert_array_equal(indices, [1, 2, 3, 5])
    assert merged.images.cut(rows[:0])[0].shape == (0, 2)
    assert rows[1, 0] == 5


def test_joined_tracks_of_a_whole_video_are_rows_already():
    sample = frame_sample(3)
    rows = np.array([[1, 7, 10.5, 20, 19.5, 40, 0.5]])  # mmdet's StrongSORT counts in its clip
    sample.pred_track_instances = InstanceData(bboxes=rows)
    np.testing.assert_array_equal(
        frames_of_sample(sample.to_dict())[0].rows, [[4, 7, 10.5, 20, 19.5, 40, 0.5]]
    )
    sample.pred_track_instances = InstanceData(bboxes=rows[:, :4])
    with pytest.raises(ValueError, match='frame 4 have no instances_id, and bboxes of shape'):
        frames_of_sample(sample.to_dict())
