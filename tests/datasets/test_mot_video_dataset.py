import copy
import json
import pickle
import time

import numpy as np
import pytest
from mmdet.datasets import MOTChallengeDataset

from mmmaml.datasets import MOTVideoDataset
from mmmaml.datasets.mot_video_dataset import FrameRecords
from mmmaml.utils.mot_files import CLASSES


def build(kind, root, test_mode=True, **kwargs):
    return kind(
        ann_file='annotations/train_cocoformat.json',
        data_root=str(root),
        data_prefix={'img_path': 'train'},
        metainfo={'classes': ('pedestrian',)},
        test_mode=test_mode,
        pipeline=[lambda item: item],
        **kwargs,
    )


@pytest.mark.parametrize('test_mode', [True, False])
def test_items_are_those_of_mmdet(mot_root, test_mode):
    theirs, ours = (
        build(kind, mot_root, test_mode) for kind in (MOTChallengeDataset, MOTVideoDataset)
    )
    assert len(ours) == len(theirs) == 2
    for video in range(2):
        assert ours.get_len_per_video(video) == theirs.get_len_per_video(video) == 30
        assert ours.get_cat_ids((video, 3)) == theirs.get_cat_ids((video, 3))
        for index in (video, (video, 0), (video, 29)):
            mine, other = ours[index], theirs[index]
            if not test_mode:
                mine['images'] = mine['images'][:]
            assert mine == other
    assert ours.num_all_imgs == theirs.num_all_imgs == 60


def test_indices_take_videos(mot_root):
    assert len(build(MOTVideoDataset, mot_root, indices=1)) == 1


def test_records_are_made_anew_and_shared_by_copies():
    records = FrameRecords({'boxes': [k] * k} for k in range(4))
    records[2]['boxes'].clear()
    assert records[2] == {'boxes': [2, 2]}
    assert records[-1] == records[3]
    assert records[1:3] == [records[1], records[2]]
    assert copy.deepcopy(records) is records
    assert list(pickle.loads(pickle.dumps(records))) == list(records)
    with pytest.raises(IndexError, match='frame 4 of 4'):
        records[4]


def test_a_frame_costs_the_same_at_both_ends_of_a_video_of_any_length(tmp_path):
    """Time of a frame, in the end of a long video beside its start and beside a short video."""
    medians = {}
    for length in (40, 800):
        (tmp_path / str(length)).mkdir()
        dataset = MOTVideoDataset(
            ann_file=str(annotations(tmp_path / str(length), length)),
            metainfo={'classes': ('pedestrian',)},
            test_mode=True,
            pipeline=[],
        )
        first, last = range(30), range(length - 30, length)
        dataset[0, 0]
        medians[length] = [
            np.median([seconds(dataset, k) for k in part]) for part in (first, last)
        ]
    assert medians[800][1] < 3 * medians[800][0]  # once 1 : 1, when nothing else runs
    assert medians[800][1] < 3 * medians[40][0]


def seconds(dataset, frame):
    start = time.perf_counter()
    dataset[0, frame]
    return time.perf_counter() - start


def annotations(folder, length, people=8):
    size = {'height': 480, 'width': 640}
    images = [
        {'id': k + 1, 'video_id': 1, 'file_name': f'A/img1/{k + 1:06d}.jpg', 'frame_id': k, **size}
        for k in range(length)
    ]
    boxes = [
        {
            'id': k * people + p, 'image_id': k + 1, 'category_id': 1, 'area': 800, 'mot_conf': 1,
            'bbox': [9 * p, p, 20, 40], 'iscrowd': False, 'visibility': 1, 'instance_id': p,
        }
        for k in range(length) for p in range(people)
    ]  # fmt: skip
    content = {
        'categories': [{'id': k, 'name': name} for k, name in enumerate(CLASSES, start=1)],
        'videos': [{'id': 1, 'name': 'A', 'fps': 25, **size}],
        'images': images,
        'annotations': boxes,
    }
    path = folder / 'ann.json'
    path.write_text(json.dumps(content))
    return path
