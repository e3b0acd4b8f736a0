"""Videos that each rank tests."""

import pytest
from mmdet.datasets import MOTChallengeDataset

from mmmaml.datasets import WholeVideoSampler
from mmmaml.datasets.samplers.whole_video_sampler import spread_videos


@pytest.mark.parametrize(
    ('lengths', 'ranks', 'expected'),
    [
        ([], 2, [[], []]),
        ([7], 3, [[0], [], []]),
        ([5, 5, 5], 1, [[0, 1, 2]]),
        ([1, 9, 2, 8], 2, [[0, 1], [2, 3]]),
        ([10, 1, 1, 1], 2, [[0], [1, 2, 3]]),
    ],
)
def test_videos_are_spread_by_their_length(lengths, ranks, expected):
    assert spread_videos(lengths, ranks) == expected


def test_every_frame_is_tested_once_and_a_video_by_one_rank(mot_root, monkeypatch):
    dataset = MOTChallengeDataset(
        data_root=f'{mot_root}/',
        ann_file='annotations/train_cocoformat.json',
        data_prefix={'img_path': 'train'},
        metainfo={'classes': ('pedestrian',)},
        test_mode=True,
    )
    module = 'mmmaml.datasets.samplers.whole_video_sampler'
    parts = []
    for rank in range(3):
        monkeypatch.setattr(f'{module}.get_dist_info', lambda rank=rank: (rank, 3))
        parts.append(WholeVideoSampler(dataset))
    assert [len(part) for part in parts] == [30, 30, 0]
    assert [list(part) for part in parts[:2]] == [
        [(video, frame) for frame in range(30)] for video in range(2)
    ]


def test_a_dataset_without_videos_is_refused():
    with pytest.raises(TypeError, match='needs a video dataset of mmdet, got a list'):
        WholeVideoSampler([1, 2])
