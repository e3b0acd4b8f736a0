import numpy as np
import pytest
import torch
from mmdet.structures import DetDataSample
from mmengine.dataset import ConcatDataset, pseudo_collate
from mmengine.structures import InstanceData
from torch.utils.data import DataLoader

from mmmaml.datasets import ConcatFrameDataset, EpisodeSampler, EpisodicDataset, MOTFrameDataset

from .annotations import annotation, write_annotations


def place(frame, person):
    """Left edge of a person's box, 6 pixels wide, another in every frame."""
    return 20 * person + frame


class Pack:
    """A frame whose first channel is its number, and the second noise; counts its calls."""

    def __init__(self, drop=lambda results, instance: False):
        self.calls, self.drop = [], drop

    def __call__(self, results):
        self.calls.append(results['img_path'])
        image = torch.zeros(3, 8, 16, dtype=torch.uint8)
        image[0] = results['frame_id']
        image[1] = int(results['rng'].integers(256))
        image[2] = int(results['task_rng'].integers(256))
        kept = [i for i in results['instances'] if not self.drop(results, i)]
        sample = DetDataSample()
        sample.gt_instances = InstanceData(
            bboxes=torch.tensor([i['bbox'] for i in kept]).reshape(-1, 4),
            labels=torch.zeros(len(kept), dtype=torch.long),
            instances_ids=torch.tensor([i['instance_id'] for i in kept], dtype=torch.long),
        )
        return {'inputs': image, 'data_samples': sample}


def frames(tmp_path, videos, name='a.json', pipeline=None):
    """``videos`` maps a video to {person: frames}."""
    layout = {10 * v + f: (v, f) for v in videos for f in range(10)}
    rows = [
        annotation(1, [place(f, abs(p)), 40, 6, 30], image_id=10 * v + f, instance_id=p)
        for v, people in videos.items()
        for p, present in people.items()
        for f in present
    ]
    path = write_annotations(tmp_path / name, rows, layout)
    return MOTFrameDataset(path, pipeline=[pipeline or Pack()])


ALWAYS = range(10)
VIDEOS = {
    2: {1: ALWAYS, 2: ALWAYS, 3: range(5), 4: range(5, 10), 5: (0, 9)},
    3: {1: ALWAYS, 8: ALWAYS},
}


def test_ways_are_the_people_of_all_frames_of_one_video(tmp_path):
    dataset = EpisodicDataset(frames(tmp_path, VIDEOS), num_support=2, num_ways=3)
    assert dataset.num_identities == 7  # the short one among them: labels are the frames' own
    assert len(dataset) == 6
    for index in range(30):
        item = dataset[index]
        inputs, sample = item['inputs'], item['data_samples']
        task = dataset.task(index)
        assert inputs.shape == (3, 3, 8, 16)
        shown = inputs[:, 0, 0, 0].tolist()
        assert len(set(shown)) == 3
        known = sample.labels[sample.labels >= 0].tolist()
        anchor = [0, 1, 2, 3, 5, 6][index % 6]
        assert known[0] == anchor == task.identities[0]
        expected = {0, 1, 2, 3} if anchor < 5 else {5, 6}
        assert set(known) <= expected
        assert sample.frame_ids[0] == shown
        for label, centers in zip(known, sample.centers, strict=False):
            person = [1, 2, 3, 4, 5, 1, 8][label]
            assert centers[:, 0].tolist() == [place(f, person) + 3 for f in shown]
            assert (centers[:, 1] == 55).all()
        # With a place left, nobody who is in all of these frames is missing.
        present = {label for label in expected if set(shown) <= set(_frames_of(label))}
        assert len(known) == min(3, len(present))
        assert (sample.labels[len(known) :] == -1).all()


def _frames_of(label):
    return [ALWAYS, ALWAYS, range(5), range(5, 10), (0, 9), ALWAYS, ALWAYS][label]


def test_all_boxes_of_all_frames_come_along(tmp_path):
    dataset = EpisodicDataset(frames(tmp_path, VIDEOS), num_support=2, num_ways=1)
    sample = dataset[0]['data_samples']
    shown = sample.frame_ids[0]
    for number, frame in enumerate(sample.frame_samples()):
        boxes = frame.gt_instances
        expected = {i for i in range(5) if shown[number] in _frames_of(i)}
        assert set(boxes.instances_ids.tolist()) == expected
        people = boxes.instances_ids + 1
        assert boxes.bboxes[:, 0].tolist() == [place(shown[number], p) for p in people.tolist()]
        assert frame.img_shape == (8, 16)


def test_each_frame_is_loaded_once(tmp_path):
    pack = Pack()
    dataset = EpisodicDataset(frames(tmp_path, VIDEOS, pipeline=pack), num_support=4, num_ways=4)
    pack.calls.clear()
    dataset[1]
    assert len(pack.calls) == len(set(pack.calls)) == 5


def test_people_whom_a_transform_loses_are_no_ways(tmp_path):
    lost = Pack(lambda results, instance: instance['instance_id'] == 1 and results['frame_id'] > 2)
    dataset = EpisodicDataset(
        frames(tmp_path, {2: {1: ALWAYS, 2: ALWAYS}}, pipeline=lost), num_support=4, num_ways=2
    )
    assert dataset[0]['data_samples'].labels.tolist() == [0, -1]
    assert dataset[1]['data_samples'].labels.tolist() == [0, -1]
    nobody = Pack(lambda results, instance: True)
    sample = dataset.with_pipeline([nobody])[0]['data_samples']
    assert sample.labels.tolist() == [-1, -1]
    assert sample.instance_ids == [-1, -1]
    assert sample.centers.shape == (2, 5, 2)
    assert not sample.centers.any()
    assert [len(each.gt_instances) for each in sample.frame_samples()] == [0] * 5


def test_a_window_keeps_frames_together_and_moves(tmp_path):
    dataset = EpisodicDataset(frames(tmp_path, VIDEOS), num_support=2, num_ways=3, window=4)
    seen = set()
    for index in range(0, 60, 6):
        shown = dataset[index]['data_samples'].frame_ids[0]
        assert max(shown) - min(shown) < 4
        seen |= set(shown)
    assert len(seen) > 6


@pytest.mark.parametrize('num_workers', [0, 2])
def test_tasks_do_not_depend_on_workers(tmp_path, num_workers):
    dataset = EpisodicDataset(frames(tmp_path, VIDEOS), num_support=2, num_ways=2)
    sampler = EpisodeSampler(dataset, shuffle=True, seed=3)
    sampler.set_epoch(4)
    loader = DataLoader(
        dataset, 2, sampler=sampler, num_workers=num_workers, collate_fn=pseudo_collate
    )
    loaded = torch.stack([x for batch in loader for x in batch['inputs']])
    expected = torch.stack([dataset[i]['inputs'] for i in sampler])
    assert torch.equal(loaded, expected)
    noise, look = loaded[:, :, 1, 0, 0], loaded[:, :, 2, 0, 0]
    assert len(noise.unique()) > 10
    assert (look == look[:, :1]).all()  # of a task
    assert len(look.unique()) > 3


def test_joined_frames_are_tasks_over_all_identities(tmp_path):
    without = {2: {-1: ALWAYS}}
    parts = [
        frames(tmp_path, {2: {7: ALWAYS}}, 'a.json'),
        frames(tmp_path, without, 'b.json'),
        frames(tmp_path, {2: {7: ALWAYS, 9: ALWAYS}}, 'c.json'),
    ]
    dataset = EpisodicDataset(ConcatFrameDataset(parts), num_ways=3)
    assert dataset.num_identities == len(dataset) == 3
    labels = [dataset[i]['data_samples'].labels.tolist() for i in range(3)]
    assert labels == [[0, -1, -1], [1, 2, -1], [2, 1, -1]]
    assert dataset[0]['data_samples'].centers[0, 0, 1] == 55
    assert dataset.index.counts.boxes_without_identity == 10


def test_impossible_tasks_are_refused(tmp_path):
    part = frames(tmp_path, VIDEOS)
    with pytest.raises(ValueError, match="leave it at 'drop'"):
        EpisodicDataset(part, short_identities='repeat')
    with pytest.raises(ValueError, match='task_pipeline transforms the crops of a task together'):
        EpisodicDataset(part, task_pipeline=[dict])
    with pytest.raises(ValueError, match='at most 10 frames'):
        EpisodicDataset(part, num_support=10)
    with pytest.raises(TypeError, match='joined by ConcatFrameDataset'):
        EpisodicDataset(ConcatDataset([part]))
    with pytest.raises(ValueError, match=r"end with dict\(type='PackFrame'\), it gave \['img'\]"):
        EpisodicDataset(part).with_pipeline([lambda results: {'img': np.zeros((2, 2, 3))}])[0]

    def ragged(results):
        packed = Pack()(results)
        packed['inputs'] = torch.zeros(3, 4 + results['frame_id'], 2)
        return packed

    with pytest.raises(ValueError, match='frames of a task differ in shape'):
        EpisodicDataset(part).with_pipeline([ragged])[0]
