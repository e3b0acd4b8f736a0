"""Whichever people are in whichever frames: tasks as promised, or an error that says why not."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from mmengine.dataset import BaseDataset

from mmmaml.datasets import EpisodicDataset
from mmmaml.datasets.episode_index import EpisodeIndex
from tests.properties import bounded, refusal

IDS = st.integers(-2, 5) | st.sampled_from([2**53, 10**12])
FRAME_IDS = st.integers(0, 12) | st.sampled_from([-7, 10**15, 2**53])
SEEN = st.lists(st.integers(0, 12), max_size=12) | st.lists(FRAME_IDS, max_size=9)


@st.composite
def boxes(draw):
    """Rows of video, identity, frame in any order, some of them twice."""
    people = st.tuples(st.integers(0, 2), IDS, SEEN)
    rows = [(v, i, f) for v, i, frames in draw(st.lists(people, max_size=9)) for f in frames]
    return draw(st.permutations(rows))


class Boxes(BaseDataset):
    """Items that are their own picture: video, identity and frame."""

    def __init__(self, rows):
        self.rows = rows
        # MMEngine cannot serialize a dataset without items.
        super().__init__(pipeline=[self.paint], serialize_data=False)

    def load_data_list(self):
        keys = ('video_id', 'instance_id', 'frame_id')
        return [{**dict(zip(keys, row, strict=True)), 'img_path': 'a'} for row in self.rows]

    def paint(self, results):
        img = np.zeros((1, 1, 3), np.uint8)
        img[0, 0] = [results[key] % 256 for key in ('video_id', 'instance_id', 'frame_id')]
        return {'img': img}


def frames_of(rows):
    """Frames of each person (video, identity)."""
    frames = {}
    for video, identity, frame in rows:
        if identity >= 0:
            frames.setdefault((video, identity), set()).add(frame)
    return frames


@bounded
@given(
    boxes(),
    st.integers(1, 3),
    st.integers(1, 2),
    st.integers(1, 4),
    st.none() | st.integers(1, 20),
    st.sampled_from(['drop', 'repeat']),
)
def test_any_people_in_any_frames(rows, num_support, num_query, num_ways, window, short):
    made = []
    message = refusal(
        lambda: made.append(
            EpisodicDataset(Boxes(rows), num_support, num_query, num_ways, window, short, seed=3)
        )
    )
    needed = (1 if short == 'repeat' else num_support) + num_query
    people = {who: seen for who, seen in frames_of(rows).items() if len(seen) >= needed}
    too_narrow = window is not None and window < num_support + num_query
    assert bool(message) == (too_narrow or len(people) < num_ways), message
    if message:
        words = ('window=', 'no identity has the', f'num_ways={num_ways} but only {len(people)}')
        assert message.startswith(words)
        return
    dataset = made[0]
    assert len(dataset) == len(people)
    for index in range(2 * len(dataset)):
        check_task(dataset, index, rows, people)


def check_task(dataset, index, rows, people):
    task = dataset.task(index)
    assert task.identities[0] == index % len(dataset)
    assert len(set(task.identities.tolist())) == dataset.num_ways == len(task.items)
    support = dataset.index.num_support
    for items in task.items:
        drawn = [rows[item] for item in items]
        who = {(video, identity) for video, identity, _ in drawn}
        assert len(who) == 1
        seen = people[who.pop()]
        frames = [frame for _, _, frame in drawn]
        queries = frames[support:]
        assert len(set(queries)) == len(queries)
        assert not set(queries) & set(frames[:support])
        distinct = min(support, len(seen) - len(queries))
        assert len(set(frames[:support])) == distinct
    again = dataset.task(index)
    np.testing.assert_array_equal(task.items, again.items)
    pictures = dataset[index]['inputs'][..., 0, 0].flatten(0, 1).tolist()
    assert pictures == [[key % 256 for key in rows[item]] for item in task.items.ravel()]


@pytest.mark.parametrize(
    ('keys', 'message'),
    [
        (
            ([0, 0], [1, 1.5], [0, 1]),
            r'instance_id of item 1 is .*1\.5.*, expected a whole number',
        ),
        (([0, 0], [1, 1], [0, np.nan]), 'frame_id of item 1 is .*nan'),
        (([0, 0], [1, 1], ['a', 'b']), "frame_id of item 0 is .*'a'"),
        (([0, 0], [1, 10**30], [0, 1]), 'instance_id of item 1 is 1000'),
        (([0, 2**60], [1, 1], [0, 1]), r'video_id of item 1 is .*at most 2\^53'),
        (([0], [1, 1], [0, 1]), r"must be \(R,\) all, got .*'video_id': \(1,\)"),
    ],
)
def test_keys_that_are_no_numbers_are_named(keys, message):
    video, instance, frame = keys
    with pytest.raises(ValueError, match=message):
        EpisodeIndex(instance, video, frame, 1, 1)


def test_a_seed_that_cannot_be_is_refused_before_the_first_task():
    rows = [(0, person, frame) for person in range(3) for frame in range(6)]
    with pytest.raises(ValueError, match='seed=-1 must be at least 0'):
        EpisodicDataset(Boxes(rows), num_ways=2, seed=-1)
