import numpy as np
import pytest
import torch
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from torch.nn import functional as F

from mmmaml.meta import ScatterStatistics, solve_scene_metric, within_scatter

T, K, D = 6, 8, 4


@pytest.fixture
def people():
    gen = torch.Generator().manual_seed(5)
    centres = 3 * torch.randn(T, 1, D, generator=gen, dtype=torch.float64)
    noise = torch.randn(T, K, D, generator=gen, dtype=torch.float64)
    return centres + noise * torch.tensor([3.0, 1.0, 0.3, 1.0], dtype=torch.float64)


def everyone(embeds):
    return torch.ones(embeds.shape[:2], dtype=torch.bool)


def solve(embeds, prior=None, **kwargs):
    prior = prior or ScatterStatistics(D).double()
    return solve_scene_metric(embeds.mean(1), embeds, everyone(embeds), prior, **kwargs)


def test_scatter_equals_that_of_scikit_learn(people):
    total, freedom = within_scatter(people, everyone(people))
    lda = LinearDiscriminantAnalysis(solver='eigen', store_covariance=True)
    lda.fit(people.flatten(0, 1).numpy(), np.repeat(np.arange(T), K))
    # scikit-learn divides by the number of samples instead of by the degrees of freedom.
    np.testing.assert_allclose(total.numpy() / (T * K), lda.covariance_, atol=1e-10)
    assert freedom == T * (K - 1)


def test_missing_observations_do_not_count(people):
    valid = everyone(people)
    valid[2, 5:], valid[4, 1:], valid[5] = False, False, False
    spoiled = torch.where(valid[..., None], people, 1e6)
    total, freedom = within_scatter(spoiled, valid)
    parts = [people[:2], people[2:3, :5], people[3:4]]
    expected = sum(within_scatter(p, everyone(p))[0] for p in parts)
    torch.testing.assert_close(total, expected, rtol=0, atol=1e-6)
    assert freedom == 2 * 7 + 4 + 7


def test_distances_become_those_of_mahalanobis(people):
    metric = solve(people, shrinkage=1e-12)
    total, freedom = within_scatter(people, everyone(people))
    inverse = torch.linalg.inv(total / freedom)
    a, b = people[0, 0], people[3, 2]
    moved = metric.transform(torch.stack([a, b]))
    expected = (a - b) @ inverse @ (a - b)
    torch.testing.assert_close((moved[0] - moved[1]).square().sum(), expected)


def test_much_shrinkage_is_the_cosine_about_the_mean(people):
    metric = solve(people, shrinkage=1e9)
    moved = F.normalize(metric.transform(people[:, 0]), dim=1)
    expected = F.normalize(people[:, 0] - people.mean((0, 1)), dim=1)
    torch.testing.assert_close(moved @ moved.T, expected @ expected.T, rtol=0, atol=1e-6)


def test_prior_takes_over_where_the_scene_is_small(people):
    prior = ScatterStatistics(D).double()
    prior.fill(people + 1, everyone(people))
    alone = solve_scene_metric(
        people[:0, 0], people[:0], everyone(people[:0]), prior, shrinkage=1e-9
    )
    torch.testing.assert_close(alone.factor @ alone.factor.T, prior.scatter, rtol=0, atol=1e-6)
    torch.testing.assert_close(alone.centre, prior.mean)
    weak, strong = (solve(people[:3] * 2, prior, prior_weight=w) for w in (0.0, 1e9))
    torch.testing.assert_close(strong.factor, solve(people[:0], prior).factor)
    assert not torch.allclose(weak.factor, strong.factor)


def test_nobody_and_no_prior_changes_no_cosine():
    none = torch.zeros(0, K, D, dtype=torch.float64)
    metric = solve_scene_metric(none[:, 0], none, everyone(none), ScatterStatistics(D).double())
    x = torch.randn(3, D, dtype=torch.float64)
    moved = metric.transform(x)
    torch.testing.assert_close(F.normalize(moved, dim=1), F.normalize(x, dim=1))


@pytest.mark.parametrize('count', [1, 2])
def test_one_or_two_people_alone_are_not_centred_on_themselves(people, count):
    assert not solve(people[:count]).centre.any()


def test_statistics_travel_with_the_state_dict_and_refuse_nothing(people):
    prior = ScatterStatistics(D).double()
    prior.fill(people, everyone(people))
    other = ScatterStatistics(D).double()
    other.load_state_dict(prior.state_dict())
    assert torch.equal(other.scatter, prior.scatter)
    assert other.count == T
    with pytest.raises(ValueError, match=r'two of some, got \[1, 1, 1, 1, 1, 1\]'):
        prior.fill(people[:, :1], everyone(people[:, :1]))


def test_statistics_leave_repeated_observations_out(people):
    valid = everyone(people)
    valid[1, 3:] = False
    repeated = torch.where(valid[..., None], people, people[:, :1])
    prior = ScatterStatistics(D).double()
    prior.fill(repeated, valid)
    parts = [people[:1], people[1:2, :3], people[2:]]
    total = sum(within_scatter(p, everyone(p))[0] for p in parts)
    torch.testing.assert_close(prior.scatter, total / (5 * 7 + 2))
    expected = torch.cat([p.mean(1) for p in parts]).mean(0)
    torch.testing.assert_close(prior.mean, expected)
