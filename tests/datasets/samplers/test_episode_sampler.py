"""Tasks that a rank sees, and their order."""

from itertools import islice

import pytest
from mmengine.dataset import DefaultSampler

from mmmaml.datasets import EpisodeSampler, InfiniteEpisodeSampler

TASKS = list(range(10))


@pytest.fixture
def as_rank(monkeypatch):
    """``as_rank(rank, ranks)``: from here on this process is one of so many."""

    def become(rank, ranks):
        monkeypatch.setattr('mmengine.dataset.sampler.get_dist_info', lambda: (rank, ranks))

    return become


def epoch(sampler, number):
    sampler.set_epoch(number)
    return list(sampler)


def test_indices_tell_the_epoch_and_are_mmengines_otherwise():
    ours, theirs = (kind(TASKS, seed=3) for kind in (EpisodeSampler, DefaultSampler))
    assert epoch(ours, 0) == epoch(theirs, 0)
    assert epoch(ours, 2) == [20 + task for task in epoch(theirs, 2)]


@pytest.mark.parametrize('ranks', [1, 2, 5])
def test_ranks_share_the_tasks_of_an_epoch(as_rank, ranks):
    seen = []
    for rank in range(ranks):
        as_rank(rank, ranks)
        seen += epoch(EpisodeSampler(TASKS, seed=3), 1)
    assert sorted(seen) == list(range(10, 20))


def test_as_many_tasks_come_twice_as_ranks_would_be_left_without_one(as_rank):
    seen = []
    for rank in range(4):
        as_rank(rank, 4)
        seen += epoch(EpisodeSampler(TASKS, seed=3), 0)
    assert len(seen) == 12
    assert set(seen) == set(TASKS)


@pytest.mark.parametrize('start', [0, 4, 10])
def test_an_epoch_is_entered_once_where_it_was_left(start):
    sampler = EpisodeSampler(TASKS, seed=3)
    whole = epoch(sampler, 1)
    sampler.start_at(start)
    assert list(sampler) == whole[start:]
    assert len(sampler) == 10
    assert epoch(sampler, 1) == whole


def test_without_an_end_epochs_follow_each_other(as_rank):
    as_rank(1, 2)
    finite, endless = EpisodeSampler(TASKS, seed=3), InfiniteEpisodeSampler(TASKS, seed=3)
    endless.set_epoch(7)  # mmengine's hook does; there is but one epoch for it
    expected = [index for number in range(3) for index in epoch(finite, number)]
    assert list(islice(endless, 15)) == expected


@pytest.mark.parametrize('skipped', [0, 3, 5, 12])
def test_without_an_end_skipping_counts_from_the_first_epoch(as_rank, skipped):
    as_rank(1, 2)
    whole = list(islice(InfiniteEpisodeSampler(TASKS, seed=3), 20))
    sampler = InfiniteEpisodeSampler(TASKS, seed=3)
    sampler.skip(skipped)
    assert list(islice(sampler, 20 - skipped)) == whole[skipped:]
