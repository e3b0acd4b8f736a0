"""Episodes: who is in them, what was seen of whom and when."""

from pathlib import Path

import numpy as np
import pytest
import torch

from mmmaml.datasets import TrackingEpisodes
from mmmaml.meta import ABSENT, NOBODY

from .people import CHANNELS, person_features

SIZES = {'in_view': 3, 'newcomers': 2, 'past': 2, 'max_observations': 4}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    person_features().save(tmp_path / 'f.npz')
    return tmp_path / 'f.npz'


def test_an_episode_imitates_tracking(path: Path) -> None:
    episodes = TrackingEpisodes(path, **SIZES)
    kinds, past = set(), set()
    for index in range(40):
        each = episodes[index]
        history, trust, queries, targets = (
            each[key] for key in ('history', 'trust', 'queries', 'targets')
        )
        assert history.shape == (5, 4, CHANNELS)
        assert (trust.shape, queries.shape, targets.shape) == ((5, 4), (5, CHANNELS), (5,))
        assert int(each['in_view']) == 3
        seen = trust > 0
        people = [set(history[i, seen[i], 0].tolist()) for i in range(5)]
        assert all(len(who) == 1 for who in people[:3])
        assert all(seen[i, :2].all() for i in range(3))
        assert (seen.int().diff(dim=1) <= 0).all()  # valid ones come first
        assert (trust[seen] >= 0.7).all()  # the tracker does not learn from hidden people
        names = [who.pop() for who in people if who]
        asked = [float(q[0]) for q, t in zip(queries, targets, strict=True) if t == NOBODY]
        assert len(set(names + asked)) == len(names) + len(asked)
        assert max(names + asked) < 7  # the second video is too small
        for query, target in zip(queries, targets.tolist(), strict=True):
            kinds.add(min(target, 0))
            if target >= 0:
                assert query[0] == names[target]
                assert query[1] > history[target, seen[target], 1].max()  # a later image
        past.add(len(names) - 3)
    assert kinds == {0, NOBODY, ABSENT}
    assert past == {0, 1, 2}


def test_an_item_is_a_function_of_seed_and_index(path: Path) -> None:
    one, two = TrackingEpisodes(path, **SIZES), TrackingEpisodes(path, **SIZES)
    two[3]
    for key, value in one[7].items():
        assert torch.equal(value, two[7][key])
    other = TrackingEpisodes(path, **SIZES, seed=1)
    assert not torch.equal(one[7]['history'], other[7]['history'])
    assert not torch.equal(one[7]['history'], one[8]['history'])


def test_hard_episodes_have_people_who_look_alike(tmp_path: Path) -> None:
    people = person_features(people=40)
    angle = people.person * (2 * np.pi / 40)
    people.feats[:] = 0
    people.feats[..., 0] = np.cos(angle)[:, None]
    people.feats[..., 1] = np.sin(angle)[:, None]
    people.save(tmp_path / 'f.npz')

    def spread(hard_share: float) -> float:
        episodes = TrackingEpisodes(tmp_path / 'f.npz', **SIZES, hard_share=hard_share)
        means = [episodes[i]['history'][:3, 0, :2].mean(0).norm() for i in range(30)]
        return float(torch.stack(means).mean())

    assert spread(1.0) > spread(0.0) + 0.2


@pytest.mark.parametrize(
    ('options', 'message'),
    [
        ({'in_view': 1}, 'in_view=1 and max_observations=6 must be at least 2'),
        ({'hard_share': 2.0}, r'hard_share=2\.0 must be in 0\.\.1'),
        ({'in_view': 30}, r'no video has 33 people \(in_view \+ newcomers\) with two images'),
    ],
)
def test_arguments_out_of_range(path: Path, options: dict, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        TrackingEpisodes(path, **options)


def test_other_files(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match='fit_prior --features makes one'):
        TrackingEpisodes(tmp_path / 'none.npz')
    np.savez(tmp_path / 'a.npz', feats=np.zeros(3))
    with pytest.raises(ValueError, match=r'a\.npz holds no features of people'):
        TrackingEpisodes(tmp_path / 'a.npz')
    people = person_features()
    columns = {**vars(people), 'person': people.person[1:]}
    np.savez(tmp_path / 'b.npz', **columns)
    with pytest.raises(ValueError, match=r'expected feats \(R, A, C\)'):
        TrackingEpisodes(tmp_path / 'b.npz')
