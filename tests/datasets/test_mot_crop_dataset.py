import pickle

import numpy as np
import pytest

from mmmaml.datasets import MOTCropDataset
from mmmaml.registry import DATASETS
from mmmaml.utils import register_all_modules
from mmmaml.utils.mot_files import read_rows

from .annotations import annotation, write_annotations


def test_item_by_hand(tmp_path):
    ann_file = write_annotations(
        tmp_path / 'a.json', [annotation(3, [10.5, 20, 30, 60], visibility=0.75)]
    )
    dataset = MOTCropDataset(ann_file, data_root='/data', data_prefix={'img_path': 'train'})
    item = dataset.get_data_info(0)
    np.testing.assert_array_equal(item.pop('bbox'), np.float32([10.5, 20, 40.5, 80]))
    assert item == {
        'img_path': '/data/train/A/5.jpg', 'img_shape': (100, 200), 'instance_id': 3,
        'video_id': 2, 'video': 'A', 'frame_id': 1, 'visibility': 0.75, 'sample_idx': 0,
    }  # fmt: skip


@pytest.mark.parametrize(
    ('bbox', 'clipped'),
    [
        ([-10, -5, 30, 60], [0, 0, 20, 55]),
        ([190, 70, 30, 60], [190, 70, 200, 100]),
        ([-10, -10, 500, 500], [0, 0, 200, 100]),
    ],
)
def test_boxes_are_clipped_to_the_frame(tmp_path, bbox, clipped):
    dataset = MOTCropDataset(write_annotations(tmp_path / 'a.json', [annotation(1, bbox)]))
    np.testing.assert_array_equal(dataset.get_data_info(0)['bbox'], clipped)


BOX = [10, 10, 30, 60]


@pytest.mark.parametrize(
    ('left_out', 'reason'),
    [
        (annotation(1, BOX, mot_conf=0), '1 not considered'),
        (annotation(1, BOX, instance_id=-1), '1 without identity'),
        (annotation(1, BOX, visibility=0.29), '1 too hidden'),
        (annotation(1, [10, 10, 30, 19.9]), '1 too small'),
        (annotation(1, [10, 85, 30, 60]), '1 too small'),  # 15 pixels are inside
        (annotation(1, [-28.5, 10, 30, 60]), '1 too small'),  # 1.5 pixels wide
        (annotation(1, [300, 10, 30, 60]), '1 too small'),  # outside
    ],
)
def test_left_out_and_counted(tmp_path, log_lines, left_out, reason):
    kept = [annotation(2, [10, 10, 30, 20], visibility=0.3), annotation(3, BOX)]
    dataset = MOTCropDataset(write_annotations(tmp_path / 'a.json', [left_out, *kept]))
    assert dataset.index['instance_id'].tolist() == [2, 3]
    (line,) = log_lines
    assert '2 of 3 boxes kept' in line
    assert reason in line
    assert line.endswith('2 identities')


def test_knobs_let_them_in(tmp_path):
    rows = [
        annotation(1, BOX, mot_conf=0),
        annotation(2, BOX, visibility=0),
        annotation(3, [10, 10, 4, 2]),
        annotation(4, BOX, category_id=7),
    ]
    dataset = MOTCropDataset(
        write_annotations(tmp_path / 'a.json', rows),
        classes=('pedestrian', 'static_person'),
        considered_only=False,
        min_visibility=0,
        min_height=0,
    )
    assert dataset.index['instance_id'].tolist() == [1, 2, 3, 4]
    assert dataset.metainfo['classes'] == ('pedestrian', 'static_person')


def test_other_classes_stay_out_by_default(tmp_path):
    rows = [annotation(1, BOX, category_id=7), annotation(2, BOX)]
    assert MOTCropDataset(write_annotations(tmp_path / 'a.json', rows)).index[
        'instance_id'
    ].tolist() == [2]


@pytest.mark.parametrize('annotations', [[], [annotation(1, BOX, visibility=0.1)]])
def test_nothing_left_is_an_error_with_the_counts(tmp_path, annotations):
    ann_file = write_annotations(tmp_path / 'a.json', annotations)
    with pytest.raises(ValueError, match=r'a\.json: 0 of . boxes .*lower min_visibility=0\.3'):
        MOTCropDataset(ann_file)


def test_unknown_class_unknown_image_and_missing_file(tmp_path):
    ann_file = write_annotations(tmp_path / 'a.json', [annotation(1, BOX, image_id=6)])
    with pytest.raises(ValueError, match=r'annotation 1 is of image 6, which'):
        MOTCropDataset(ann_file)
    with pytest.raises(ValueError, match=r"no classes \['dog'\]; there are \['pedestrian', 'stat"):
        MOTCropDataset(ann_file, classes=('dog',))
    with pytest.raises(FileNotFoundError, match=r'b\.json does not exist: .*mot2coco\.py'):
        MOTCropDataset(str(tmp_path / 'b.json'))


def _three(tmp_path, **kwargs):
    rows = [annotation(n, BOX, image_id=i) for n, i in ((4, 9), (1000003, 5), (7, 7))]
    return MOTCropDataset(write_annotations(tmp_path / 'a.json', rows), **kwargs)


@pytest.mark.parametrize(
    ('indices', 'kept'), [(2, [4, 1000003]), (-1, [7]), ([2, 0], [7, 4]), ([], [])]
)
@pytest.mark.parametrize('how', ['indices', 'get_subset', 'get_subset_'])
def test_subsets_keep_items_and_index_in_step(tmp_path, indices, kept, how):
    if how == 'indices':
        dataset = _three(tmp_path, indices=indices)
    elif how == 'get_subset':
        dataset = _three(tmp_path).get_subset(indices)
    else:
        dataset = _three(tmp_path)
        dataset.get_subset_(indices)
    assert len(dataset) == len(kept)
    assert dataset.index['instance_id'].tolist() == kept
    items = [dataset.get_data_info(i) for i in range(len(dataset))]
    for key in ('instance_id', 'video_id', 'frame_id'):
        assert [item[key] for item in items] == dataset.index[key].tolist()


def test_items_are_copies_and_indices_end_somewhere(tmp_path):
    dataset = _three(tmp_path)
    dataset.get_data_info(0)['bbox'][:] = -1
    np.testing.assert_array_equal(dataset.get_data_info(0)['bbox'], [10, 10, 40, 70])
    assert dataset.get_data_info(-1)['instance_id'] == 7
    assert dataset.get_data_info(-1)['sample_idx'] == 2
    with pytest.raises(IndexError, match='item 3 of 3'):
        dataset.get_data_info(3)


def test_index_reads_a_lazy_dataset_and_pickles(tmp_path):
    dataset = _three(tmp_path, lazy_init=True)
    assert dataset.index['frame_id'].tolist() == [0, 1, 2]
    again = pickle.loads(pickle.dumps(dataset))
    assert again.get_data_info(1)['instance_id'] == 1000003


def test_generated_data_agrees_with_its_ground_truth(mot_root):
    register_all_modules()
    dataset = DATASETS.build(
        {
            'type': 'MOTCropDataset',
            'ann_file': 'annotations/train_cocoformat.json',
            'data_root': str(mot_root),
            'data_prefix': {'img_path': 'train'},
            'pipeline': [{'type': 'LoadCrop', 'scale': (32, 64)}],
        }
    )
    expected = 0
    for folder in (mot_root / 'train').iterdir():
        rows = read_rows(folder / 'gt' / 'gt.txt')
        start, stop = rows[:, 2:4], rows[:, 2:4] + rows[:, 4:6]
        size = np.clip(stop, 0, (192, 128)) - np.clip(start, 0, (192, 128))
        good = (rows[:, 7] == 1) & (rows[:, 8] >= 0.3) & (size[:, 1] >= 20) & (size[:, 0] >= 2)
        expected += good.sum()
    assert len(dataset) == expected > 100
    assert len(np.unique(dataset.index['instance_id'])) > 8
    assert dataset[0]['img'].shape == (64, 32, 3)
