import numpy as np
import pytest
import torch
from mmengine.dataset import BaseDataset, ConcatDataset, pseudo_collate
from torch.utils.data import DataLoader

from mmmaml.datasets import EpisodeSampler, EpisodicDataset


class Crops(BaseDataset):
    """Items whose image tells which person (ch. 0), frame (1) and random number (2) it is of."""

    def __init__(self, rows, size=(4, 2)):
        self.rows, self.size = rows, size
        super().__init__(pipeline=[self.paint])

    def load_data_list(self):
        return [
            {
                'instance_id': instance,
                'video_id': video,
                'frame_id': frame,
                'img_path': f'{video}/{frame:06d}.jpg',
            }
            for video, instance, frame in self.rows
        ]

    def paint(self, results):
        img = np.zeros((*self.size, 3), np.uint8)
        img[..., 0] = results['instance_id'] % 251
        img[..., 1] = results['frame_id']
        img[..., 2] = results['rng'].integers(256)
        return {'img': img}


def video(video_id, instances, frames):
    return [(video_id, i, f) for f in frames for i in instances]


TWO_VIDEOS = video(5, [7, 1000003, 12, 13], range(12)) + video(9, [7, 8, 9], range(3, 20))


def test_support_and_query_come_from_different_frames_of_one_video():
    dataset = EpisodicDataset(Crops(TWO_VIDEOS), num_support=3, num_query=2, num_ways=3)
    rows = np.array(TWO_VIDEOS)
    for index in range(5 * len(dataset)):
        task = dataset.task(index)
        assert len(set(task.identities)) == 3
        assert task.identities[0] == index % len(dataset)
        for label, items in zip(task.identities, task.items, strict=True):
            assert len({tuple(r) for r in rows[items][:, :2]}) == 1
            assert rows[items[0]][1] == dataset.index.keys[label, 1]
            assert len(set(rows[items][:, 2])) == 5
        assert len(set(rows[task.items.ravel()][:, 0])) == 1  # the negatives share the video


def test_the_same_id_in_another_video_is_another_person():
    dataset = EpisodicDataset(Crops(TWO_VIDEOS), num_ways=2)
    assert dataset.num_identities == len(dataset) == 7
    assert dataset.index.keys[:, 1].tolist() == [7, 12, 13, 1000003, 7, 8, 9]
    assert dataset.index.keys[:, 0].tolist() == [0, 0, 0, 0, 1, 1, 1]


def test_item_layout_labels_and_meta():
    dataset = EpisodicDataset(Crops(TWO_VIDEOS), num_support=4, num_query=1, num_ways=3)
    item = dataset[2]
    inputs, sample = item['inputs'], item['data_samples']
    assert inputs.shape == (3, 5, 3, 4, 2)
    assert inputs.dtype == torch.uint8
    assert sample.num_support == 4
    assert sample.labels.tolist() == dataset.task(2).identities.tolist()
    for way in range(3):
        assert (inputs[way, :, 0] == sample.instance_ids[way] % 251).all()
        assert inputs[way, :, 1, 0, 0].tolist() == sample.frame_ids[way]
        assert sample.img_paths[way * 5].startswith(str(sample.video_ids[way]))


def test_identities_share_frames_so_that_few_are_decoded():
    dataset = EpisodicDataset(Crops(video(0, range(20), range(100))), num_ways=8)
    frames = np.array(dataset.dataset.rows)[dataset.task(3).items.ravel()][:, 2]
    assert len(set(frames)) == 5  # 40 crops from k + q frames


def test_window_keeps_a_task_within_a_subsequence():
    rows = video(0, range(6), range(300))
    dataset = EpisodicDataset(Crops(rows), num_ways=4, window=20)
    spans = []
    for index in range(60):
        frames = np.array(rows)[dataset.task(index).items.ravel()][:, 2]
        spans.append((frames.min(), frames.max()))
        assert frames.max() - frames.min() < 20
    assert len({low // 20 for low, _ in spans}) > 5  # and tasks come from all over the video


def test_tasks_are_a_function_of_seed_and_index():
    def pixels(dataset, index):
        return dataset[index]['inputs']

    first, second = (EpisodicDataset(Crops(TWO_VIDEOS), num_ways=3, seed=1) for _ in range(2))
    assert torch.equal(pixels(first, 3), pixels(second, 3))
    epochs = [first.task(3 + e * len(first)).items.tolist() for e in range(6)]
    assert len({str(e) for e in epochs}) > 3
    other = EpisodicDataset(Crops(TWO_VIDEOS), num_ways=3, seed=2)
    assert any(first.task(i).items.tolist() != other.task(i).items.tolist() for i in range(7))


@pytest.mark.parametrize('num_workers', [0, 2])
def test_workers_do_not_change_what_is_loaded(num_workers):
    dataset = EpisodicDataset(Crops(TWO_VIDEOS), num_ways=2)
    sampler = EpisodeSampler(dataset, shuffle=True, seed=3)
    sampler.set_epoch(4)
    loader = DataLoader(
        dataset, 2, sampler=sampler, num_workers=num_workers, collate_fn=pseudo_collate
    )
    loaded = torch.stack([x for batch in loader for x in batch['inputs']])
    expected = torch.stack([dataset[i]['inputs'] for i in sampler])
    assert torch.equal(loaded, expected)
    assert all(4 * len(dataset) <= i < 5 * len(dataset) for i in sampler)


def test_nobody_short_and_repeated_boxes_are_left_out_and_counted():
    rows = video(0, [1, 2, 3], range(9)) + video(0, [4], range(2)) + video(0, [5], [0])
    rows += [*video(0, [-1], range(9)), (0, 1, 3)]
    dataset = EpisodicDataset(Crops(rows), num_ways=2)
    counts = dataset.index.counts
    assert (counts.identities, counts.short_identities) == (3, 2)
    assert (counts.boxes_without_identity, counts.repeated_boxes) == (9, 1)
    used = {int(i) for index in range(30) for i in dataset.task(index).items.ravel()}
    assert {rows[i][1] for i in used} == {1, 2, 3}


def test_short_identities_repeat_support_but_never_the_query():
    rows = video(0, [1, 2], range(9)) + video(0, [4], [3, 8]) + video(0, [5], [0])
    dataset = EpisodicDataset(Crops(rows), num_ways=3, short_identities='repeat')
    assert dataset.num_identities == 3
    for index in range(12):
        task = dataset.task(index)
        way = task.items[[rows[i[0]][1] for i in task.items].index(4)]
        frames = [rows[i][2] for i in way]
        assert set(frames) == {3, 8}
        assert frames[4] not in frames[:4]


def test_other_videos_fill_tasks_of_a_video_with_few_people():
    rows = video(0, [1], range(9)) + video(1, range(5), range(9))
    dataset = EpisodicDataset(Crops(rows), num_ways=4)
    task = dataset.task(0)
    assert len(set(task.identities)) == 4
    assert [rows[i[0]][0] for i in task.items] == [0, 1, 1, 1]


def test_concatenated_datasets_keep_their_people_apart():
    parts = [Crops(video(0, [1, 2], range(8))), Crops(video(0, [1, 2, 3], range(8)))]
    dataset = EpisodicDataset(ConcatDataset(parts), num_ways=3)
    assert dataset.num_identities == 5
    assert dataset[4]['inputs'].shape == (3, 5, 3, 4, 2)


@pytest.mark.parametrize(
    ('kwargs', 'message'),
    [
        ({'num_ways': 8}, 'num_ways=8 but only 7 identities'),
        ({'num_support': 30}, 'at most 17 frames'),
        ({'num_support': 0}, 'num_support=0'),
        ({'short_identities': 'keep'}, "'drop' or 'repeat', got 'keep'"),
    ],
)
def test_impossible_tasks_are_refused_on_construction(kwargs, message):
    with pytest.raises(ValueError, match=message):
        EpisodicDataset(Crops(TWO_VIDEOS), **kwargs)


def test_a_dataset_without_identities_is_named():
    class Plain(Crops):
        def load_data_list(self):
            return [{'img_path': 'a.jpg', 'video_id': 0}]

    with pytest.raises(KeyError, match="item 0 of Plain has no 'instance_id'"):
        EpisodicDataset(Plain([]))


def test_images_of_different_sizes_are_refused():
    class Ragged(Crops):
        def paint(self, results):
            return {'img': np.zeros((4 + results['frame_id'], 2, 3), np.uint8)}

    with pytest.raises(ValueError, match='differ in shape'):
        EpisodicDataset(Ragged(TWO_VIDEOS), num_ways=2)[0]


def test_other_wrappers_are_refused():
    from mmengine.dataset import RepeatDataset

    with pytest.raises(TypeError, match='not from a RepeatDataset'):
        EpisodicDataset(RepeatDataset(Crops(TWO_VIDEOS), 2))


def test_task_pipeline_sees_all_images_of_a_task_and_a_generator_of_the_task():
    seen = []

    def swap(results):
        seen.append((results['img'].copy(), results['rng'].integers(1 << 30)))
        return {**results, 'img': results['img'][::-1]}

    plain, swapped = (
        EpisodicDataset(Crops(TWO_VIDEOS), num_ways=3, seed=4, task_pipeline=pipeline)
        for pipeline in ((), [swap])
    )
    before, after = plain[2]['inputs'], swapped[2]['inputs']
    assert torch.equal(after, before.flip(0))
    assert np.array_equal(seen[0][0], before.permute(0, 1, 3, 4, 2))
    swapped[2], swapped[3]
    assert seen[0][1] == seen[1][1] != seen[2][1]
    # What a task memory is filled with, or a tracker sees, is not augmented.
    assert torch.equal(swapped.with_pipeline([plain.dataset.paint])[2]['inputs'], before)


@pytest.mark.parametrize('result', [None, {}, {'img': np.zeros((1, 5, 4, 2, 3), np.uint8)}])
def test_task_pipeline_has_to_leave_all_images(result):
    tasks = EpisodicDataset(Crops(TWO_VIDEOS), num_ways=3, task_pipeline=[lambda _: result])
    with pytest.raises(
        ValueError, match=r'task_pipeline must leave images of the shape \(3, 5, 4'
    ):
        tasks[0]


def test_another_pipeline_loads_the_same_tasks():
    dataset = EpisodicDataset(Crops(TWO_VIDEOS), num_ways=2)

    def black(results):
        return {'img': np.zeros((4, 2, 3), np.uint8)}

    other = dataset.with_pipeline([black])
    assert other.task(3).items.tolist() == dataset.task(3).items.tolist()
    assert not other[3]['inputs'].any()
    assert dataset[3]['inputs'].any()
