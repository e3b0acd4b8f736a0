import numpy as np
import pytest
import torch
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from torch.nn import functional as F

from mmmaml.meta import (
    ScatterStatistics,
    SceneMetric,
    SceneScatter,
    scene_centre,
    whitening,
    within_scatter,
)

T, K, D = 6, 8, 4
EYE = torch.eye(D, dtype=torch.float64)


@pytest.fixture
def people():
    gen = torch.Generator().manual_seed(5)
    centres = 3 * torch.randn(T, 1, D, generator=gen, dtype=torch.float64)
    noise = torch.randn(T, K, D, generator=gen, dtype=torch.float64)
    return centres + noise * torch.tensor([3.0, 1.0, 0.3, 1.0], dtype=torch.float64)


def everyone(embeds):
    return torch.ones(embeds.shape[:2], dtype=torch.bool)


def nothing(channels=D):
    return ScatterStatistics(channels).double()


def filled(embeds):
    prior = nothing(embeds.shape[-1])
    prior.fill(embeds, everyone(embeds))
    return prior


def numbers(*values):
    return torch.tensor(values, dtype=torch.float64)


def watch(scatter, embeds, weights):
    """Show embeddings (T, K, D) one after another, those of weight (T, K) 0 not at all."""
    for k in range(1, embeds.shape[1]):
        before = weights[:, :k]
        means = torch.einsum('tk,tkd->td', before, embeds[:, :k]) / before.sum(1, keepdim=True)
        here = weights[:, k] > 0
        scatter.add((embeds[:, k] - means)[here], before.sum(1)[here], weights[here, k])
    return scatter


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


# ---- sums that run along


def test_one_after_another_equals_scikit_learn_on_all(people):
    scatter = watch(SceneScatter(nothing()), people, torch.ones(T, K, dtype=torch.float64))
    lda = LinearDiscriminantAnalysis(solver='eigen', store_covariance=True)
    lda.fit(people.flatten(0, 1).numpy(), np.repeat(np.arange(T), K))
    assert scatter.freedom == T * (K - 1)
    expected = lda.covariance_ * T * K / (T * (K - 1))
    np.testing.assert_allclose(scatter.scatter.numpy(), expected, atol=1e-10)


def test_people_come_and_go(people):
    weights = torch.ones(T, K, dtype=torch.float64)
    weights[1, 2:4], weights[3, 1:], weights[4, 5:] = 0, 0, 0
    scatter = watch(SceneScatter(nothing()), people, weights)
    total, freedom = within_scatter(people, weights > 0)
    torch.testing.assert_close(scatter.total, total)
    assert scatter.freedom == freedom == 3 * 7 + 5 + 0 + 4


def test_weighted_by_hand():
    # 0, 3 and -1 with weights 1, 1/2 and 1 have the mean 1/5, and about it
    # 1 · 0.04 + 1/2 · 7.84 + 1 · 1.44 = 5.4. The means on the way there are 0 and 1.
    scatter = SceneScatter(nothing(1))
    scatter.add(numbers([3 - 0]), numbers(1), numbers(0.5))
    assert scatter.total.item() == pytest.approx(3.0)
    scatter.add(numbers([-1 - 1]), numbers(1.5), numbers(1))
    assert scatter.total.item() == pytest.approx(5.4)
    assert scatter.scatter.item() == pytest.approx(5.4 / 1.5)


def test_weighted_people_equal_the_scatter_about_their_final_means(people):
    weights = torch.rand(T, K, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    scatter = watch(SceneScatter(nothing()), people, weights)
    expected = sum(
        np.cov(person.T.numpy(), aweights=weight.numpy(), bias=True) * weight.sum().item()
        for person, weight in zip(people, weights, strict=True)
    )
    np.testing.assert_allclose(scatter.total.numpy(), expected, atol=1e-10)
    assert scatter.freedom == pytest.approx(weights[:, 1:].sum().item())


def test_nobody_adds_nothing(people):
    scatter = SceneScatter(nothing())
    scatter.add(people[:0, 0], numbers(), numbers())
    assert scatter.freedom == 0
    assert not scatter.scatter.any()


def test_old_observations_fade_by_hand():
    scatter = SceneScatter(nothing(1), memory=2.0)
    # Four people, each seen twice, 2 apart: 4 · (1/2 · 2²) in four degrees of freedom; two stay.
    scatter.add(numbers([2], [-2], [2], [2]), numbers(1, 1, 1, 1), numbers(1, 1, 1, 1))
    assert scatter.freedom == 2
    assert scatter.total.item() == pytest.approx(4)
    assert scatter.scatter.item() == pytest.approx(2)
    scatter.add(numbers([0]), numbers(1), numbers(1))
    assert scatter.freedom == pytest.approx(2.0)
    assert scatter.scatter.item() == pytest.approx(4 / 3)


def test_nothing_fades_within_the_memory():
    scatter = SceneScatter(nothing(1), memory=2.0)
    scatter.add(numbers([2], [2]), numbers(1, 1), numbers(1, 1))
    assert scatter.freedom == 2
    assert scatter.total.item() == pytest.approx(4)


def test_the_prior_fades_too(people):
    prior = filled(people)
    scatter = SceneScatter(prior, prior_weight=10.0, memory=10.0)
    for _ in range(5):
        scatter.add(torch.zeros(1, D, dtype=torch.float64), numbers(1), numbers(1))
    torch.testing.assert_close(scatter.scatter, prior.scatter * (10 / 11) ** 5)


def test_the_prior_is_worth_its_weight(people):
    prior = filled(people)
    scatter = SceneScatter(prior, prior_weight=7.0)
    torch.testing.assert_close(scatter.scatter, prior.scatter)
    scatter.add(2 * EYE[:1], numbers(3), numbers(1))
    expected = 7 / 8 * prior.scatter + 1 / 8 * 3 * torch.outer(EYE[0], EYE[0])
    torch.testing.assert_close(scatter.scatter, expected)


def test_reset_forgets_the_scene_and_takes_the_prior_as_it_is_now(people):
    prior = nothing()
    scatter = SceneScatter(prior, prior_weight=7.0)
    scatter.add(2 * EYE[:1], numbers(3), numbers(1))
    scatter.reset()
    assert scatter.freedom == 0
    assert not scatter.scatter.any()
    prior.fill(people, everyone(people))
    scatter.reset()
    assert scatter.freedom == 7
    torch.testing.assert_close(scatter.scatter, prior.scatter)


# ---- the inner solver


def test_whitening_is_a_root_of_the_inverse(people):
    scatter = filled(people).scatter
    got = whitening(scatter, 0.3)
    shrunk = scatter + 0.3 * scatter.trace() / D * EYE
    torch.testing.assert_close(got.T @ got, torch.linalg.inv(shrunk))
    torch.testing.assert_close(got @ shrunk @ got.T, EYE)
    assert torch.equal(got, got.tril())


def test_whitening_of_a_batch(people):
    scatters = torch.stack([filled(people * s).scatter for s in (1, 0, 0.1, 5, 7, 1)])
    got = whitening(scatters.reshape(2, 3, D, D), 0.3)
    for scatter, each in zip(scatters, got.flatten(0, 1), strict=True):
        torch.testing.assert_close(each, whitening(scatter, 0.3))
    assert torch.equal(got[0, 1], EYE)


def test_whitening_of_fewer_observations_than_dimensions():
    one = numbers(1.0, 2.0, 0.0, 0.0)
    got = whitening(torch.outer(one, one), 0.5)
    torch.testing.assert_close(
        got.T @ got, torch.linalg.inv(torch.outer(one, one) + 0.5 * 5 / 4 * EYE)
    )


def test_derivatives_of_whitening(people):
    # Only symmetric matrices are scatters, so they are made of a factor.
    factor = people[:3, :D].clone().requires_grad_()
    shrinkage = torch.tensor(0.3, dtype=torch.float64, requires_grad=True)

    def function(factor, shrinkage):
        return whitening(factor @ factor.mT, shrinkage)

    assert torch.autograd.gradcheck(function, (factor, shrinkage))
    assert torch.autograd.gradgradcheck(function, (factor[0].detach().requires_grad_(), shrinkage))
    zeros = torch.zeros(D, D, dtype=torch.float64, requires_grad=True)
    [grad] = torch.autograd.grad(whitening(zeros, shrinkage).sum(), zeros)
    assert not grad.any()  # and not NaN


def test_distances_become_those_of_mahalanobis(people):
    scatter = filled(people).scatter
    metric = SceneMetric(people.mean((0, 1)), whitening(scatter, 1e-12))
    a, b = people[0, 0], people[3, 2]
    moved = metric.transform(torch.stack([a, b]))
    expected = (a - b) @ torch.linalg.inv(scatter) @ (a - b)
    torch.testing.assert_close((moved[0] - moved[1]).square().sum(), expected)


def test_much_shrinkage_is_the_cosine_about_the_centre(people):
    centre = people.mean((0, 1))
    metric = SceneMetric(centre, whitening(filled(people).scatter, 1e9))
    moved = F.normalize(metric.transform(people[:, 0]), dim=1)
    expected = F.normalize(people[:, 0] - centre, dim=1)
    torch.testing.assert_close(moved @ moved.T, expected @ expected.T, rtol=0, atol=1e-6)


def test_nothing_known_changes_nothing(people):
    prior = nothing()
    centre = scene_centre(people[:0, 0], prior)
    metric = SceneMetric(centre, whitening(SceneScatter(prior).scatter, 0.1))
    torch.testing.assert_close(metric.transform(people), people)


# ---- the centre


@pytest.mark.parametrize('count', [0, 1, 2])
def test_one_or_two_people_alone_are_not_centred_on_themselves(people, count):
    assert torch.equal(scene_centre(people[:count, 0], nothing()), torch.zeros(D).double())


def test_three_people_alone_are_centred_on_their_mean(people):
    expected = people[:3, 0].mean(0)
    torch.testing.assert_close(scene_centre(people[:3, 0], nothing()), expected)


@pytest.mark.parametrize('count', [0, 1, 4])
def test_the_prior_mean_is_worth_some_people(people, count):
    prior = filled(people + 1)
    everybody = torch.cat([people[:count, 0], prior.mean.expand(2, -1)])
    got = scene_centre(people[:count, 0], prior, prior_weight=2.0)
    torch.testing.assert_close(got, everybody.mean(0))


# ---- statistics of the training identities


def test_statistics_travel_with_the_state_dict_and_refuse_nothing(people):
    prior = filled(people)
    other = nothing()
    other.load_state_dict(prior.state_dict())
    assert torch.equal(other.scatter, prior.scatter)
    assert other.count == T
    with pytest.raises(ValueError, match=r'two of some, got \[1, 1, 1, 1, 1, 1\]'):
        prior.fill(people[:, :1], everyone(people[:, :1]))


def test_statistics_leave_repeated_observations_out(people):
    valid = everyone(people)
    valid[1, 3:] = False
    repeated = torch.where(valid[..., None], people, people[:, :1])
    prior = nothing()
    prior.fill(repeated, valid)
    parts = [people[:1], people[1:2, :3], people[2:]]
    total = sum(within_scatter(p, everyone(p))[0] for p in parts)
    torch.testing.assert_close(prior.scatter, total / (5 * 7 + 2))
    expected = torch.cat([p.mean(1) for p in parts]).mean(0)
    torch.testing.assert_close(prior.mean, expected)
