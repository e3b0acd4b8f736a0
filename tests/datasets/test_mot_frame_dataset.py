import pickle

import numpy as np
import pytest

from mmmaml.datasets import ConcatFrameDataset, EpisodeSampler, MOTFrameDataset

from .annotations import annotation, write_annotations

BOX = [10, 10, 30, 60]


def frames(tmp_path, rows, name='a.json', **kwargs):
    kwargs = {'pipeline': [dict], **kwargs}
    layout = kwargs.pop('layout', None)
    return MOTFrameDataset(write_annotations(tmp_path / name, rows, layout), **kwargs)


def ids(item):
    return [instance['instance_id'] for instance in item['instances']]


def test_item_by_hand(tmp_path):
    rows = [
        annotation(30, [-10, 20, 30, 60], visibility=0.75),
        annotation(4, BOX, image_id=7),
        annotation(7, BOX, instance_id=-1),
    ]
    dataset = frames(
        tmp_path,
        rows,
        data_root='/data',
        data_prefix={'img_path': 'train'},
        classes=('pedestrian',),
    )
    item = dataset.get_data_info(1)
    shown, unknown = item.pop('instances')
    assert item == {
        'img_path': '/data/train/A/5.jpg', 'img_shape': (100, 200), 'img_id': 1,
        'video_id': 2, 'video': 'A', 'frame_id': 1, 'sample_idx': 1,
    }  # fmt: skip
    # Of ids 4 and 30 the second; the box reaches beyond the frame, as its person does.
    assert shown == {
        'bbox': [-10, 20, 20, 80], 'bbox_label': 0, 'instance_id': 1, 'visibility': 0.75,
        'ignore_flag': 0,
    }  # fmt: skip
    assert unknown['instance_id'] == -1
    assert dataset.num_identities == 2


def test_frames_without_boxes_are_items(tmp_path):
    dataset = frames(tmp_path, [annotation(1, BOX)])
    assert len(dataset) == 3
    assert [len(dataset.get_data_info(i)['instances']) for i in range(3)] == [0, 1, 0]


def test_hidden_people_train_detection_only_or_nothing(tmp_path, log_lines):
    rows = [
        annotation(1, BOX, visibility=0.3),
        annotation(2, BOX, visibility=0.29),
        annotation(3, BOX, visibility=0.05),
        annotation(4, BOX, mot_conf=0),
        annotation(5, [10, 10, 30, 1.5]),
        annotation(6, [-40, 10, 60, 60]),  # its centre is at x = -10
        annotation(7, BOX, category_id=7),
    ]
    dataset = frames(tmp_path, rows, min_visibility=0.1)
    assert ids(dataset.get_data_info(1)) == [0, -1]
    assert dataset.num_identities == 1
    others, line = log_lines
    assert 'of other classes than pedestrian and left out: 1 ' in others
    assert '2 of 6 boxes kept (1 not considered, 1 too hidden, 1 too small, 1 centred outs' in line
    assert '1 identities in 1 boxes, 1 boxes for detection only' in line


def test_nothing_left_is_an_error_with_the_counts(tmp_path):
    with pytest.raises(ValueError, match=r'0 of 1 boxes .*lower min_visibility=0\.1'):
        frames(tmp_path, [annotation(1, BOX, visibility=0)], min_visibility=0.1)


def test_the_same_id_in_another_video_is_another_person(tmp_path):
    rows = [annotation(1, BOX, image_id=i, instance_id=3) for i in (1, 2)]
    dataset = frames(tmp_path, rows, layout={1: (2, 0), 2: (3, 0)})
    assert dataset.num_identities == 2
    assert [ids(dataset.get_data_info(i)) for i in range(2)] == [[0], [1]]


@pytest.mark.parametrize('how', ['indices', 'get_subset'])
def test_a_subset_keeps_boxes_and_index_in_step(tmp_path, how):
    rows = [annotation(n, BOX, image_id=i) for n, i in ((4, 9), (8, 5), (7, 7), (8, 7))]
    if how == 'indices':
        dataset = frames(tmp_path, rows, indices=[2, 0])
    else:
        dataset = frames(tmp_path, rows).get_subset([2, 0])
    assert [ids(dataset.get_data_info(i)) for i in range(2)] == [[1, 2], [0]]
    index = dataset.index
    order = np.lexsort((index['instance_id'], index['item']))
    assert index['item'][order].tolist() == [0, 0, 1]
    assert index['instance_id'][order].tolist() == [1, 2, 0]
    assert index['frame_id'][order].tolist() == [2, 2, 0]
    assert dataset.num_identities == 3  # classes stay those of the file


def test_randomness_is_of_seed_epoch_and_item(tmp_path):
    def draw(dataset, index):
        return dataset[index]['rng'].random()

    first, again = (frames(tmp_path, [annotation(1, BOX)], seed=1) for _ in range(2))
    other = frames(tmp_path, [annotation(1, BOX)], seed=2)
    sampler = EpisodeSampler(first, shuffle=False)
    sampler.set_epoch(5)
    assert list(sampler) == [15, 16, 17]
    values = [draw(first, i) for i in (0, 1, 3, 16)]
    assert values == [draw(again, i) for i in (0, 1, 3, 16)]
    assert len({*values, draw(other, 0)}) == 5
    assert first[16]['frame_id'] == first[1]['frame_id'] == first[-2]['frame_id'] == 1


def test_a_lazy_dataset_is_read_when_asked_and_pickles(tmp_path):
    dataset = frames(tmp_path, [annotation(4, BOX)], lazy_init=True)
    assert dataset.num_identities == 1
    assert ids(pickle.loads(pickle.dumps(dataset)).get_data_info(1)) == [0]


# ---- several datasets


def joined(tmp_path, **kwargs):
    first = frames(tmp_path, [annotation(n, BOX) for n in (3, 8)], 'a.json')
    nobody = frames(tmp_path, [annotation(1, BOX, instance_id=-1)], 'b.json')
    last = frames(tmp_path, [annotation(n, BOX) for n in (3, 5, 9)], 'c.json')
    return ConcatFrameDataset([first, nobody, last], **kwargs)


def test_identities_of_joined_datasets_never_collide(tmp_path):
    dataset = joined(tmp_path)
    assert len(dataset) == 9
    assert dataset.num_identities == 5
    assert [ids(dataset.get_data_info(i)) for i in (1, 4, 7)] == [[0, 1], [-1], [2, 3, 4]]
    index = dataset.index
    assert index['instance_id'].tolist() == [0, 1, -1, 2, 3, 4]
    assert index['item'].tolist() == [1, 1, 4, 7, 7, 7]
    assert index['video_id'].tolist() == [0, 0, 1, 2, 2, 2]


def test_joined_datasets_take_the_epoch_and_draw_differently(tmp_path):
    dataset = joined(tmp_path)
    assert ids(dataset[16]) == ids(dataset[7]) == ids(dataset[-2]) == [2, 3, 4]
    values = {dataset[i]['rng'].random() for i in (1, 4, 7, 10, 16)}
    assert len(values) == 5


def test_what_cannot_be_joined_is_refused(tmp_path):
    part = frames(tmp_path, [annotation(1, BOX)])
    with pytest.raises(ValueError, match=r'a\.json is joined twice'):
        ConcatFrameDataset([part, part])
    with pytest.raises(TypeError, match='not a list'):
        ConcatFrameDataset([part, [1]])
    both = frames(
        tmp_path, [annotation(1, BOX)], 'b.json', classes=('pedestrian', 'static_person')
    )
    with pytest.raises(ValueError, match='does not match meta information'):
        ConcatFrameDataset([part, both])
