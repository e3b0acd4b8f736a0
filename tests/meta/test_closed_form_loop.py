"""Against explicit inverses of each task's scatter, in float64."""

import pytest
import torch

from mmmaml.meta import ScatterStatistics, closed_form_inner_loop

B, N, K, Q, D = 2, 3, 4, 2, 5


@pytest.fixture
def tasks():
    gen = torch.Generator().manual_seed(2)
    support = torch.randn(B, N, K, D, generator=gen, dtype=torch.float64)
    return support, torch.randn(B, N, Q, D, generator=gen, dtype=torch.float64)


@pytest.fixture
def prior():
    gen = torch.Generator().manual_seed(3)
    statistics = ScatterStatistics(D).double()
    people = torch.randn(6, 5, D, generator=gen, dtype=torch.float64) * torch.arange(1, D + 1)
    statistics.fill(people, torch.ones(6, 5, dtype=torch.bool))
    return statistics


@pytest.mark.parametrize('weight', [0.0, 7.0])
def test_inner_products_are_those_of_the_inverse_scatter(tasks, prior, weight):
    support, query = tasks
    adapted, queries, batch = closed_form_inner_loop(support, query, prior, 0.2, weight)
    totals = []
    for b in range(B):
        total = torch.zeros(D, D, dtype=torch.float64)
        for way in support[b]:
            for shot in way:
                total += torch.outer(shot - way.mean(0), shot - way.mean(0))
        totals.append(total)
        scatter = (total + weight * prior.scatter) / (N * (K - 1) + weight)
        scatter = scatter + 0.2 * scatter.trace() / D * torch.eye(D, dtype=torch.float64)
        centre = support[b].reshape(-1, D).mean(0)
        a, c = support[b].reshape(-1, D) - centre, query[b].reshape(-1, D) - centre
        expected = c @ torch.linalg.inv(scatter) @ a.T
        got = queries[b].reshape(-1, D) @ adapted[b].reshape(-1, D).T
        torch.testing.assert_close(got, expected, rtol=0, atol=1e-10)
    torch.testing.assert_close(batch, sum(totals) / B / (N * (K - 1)))


def test_the_outer_update_differentiates_through_it(tasks, prior):
    inputs = [each[:1, :2].clone().requires_grad_() for each in tasks]

    def adapted(support, query):
        return closed_form_inner_loop(support, query, prior)[:2]

    assert torch.autograd.gradcheck(adapted, inputs)
    # The queries depend on the support: that is what makes it an inner loop.
    (grad,) = torch.autograd.grad(adapted(*inputs)[1].sum(), inputs[0])
    assert grad.abs().max() > 1e-3


def test_a_task_does_not_depend_on_the_others(tasks, prior):
    support, query = tasks
    both = closed_form_inner_loop(support, query, prior)
    alone = closed_form_inner_loop(support[1:], query[1:], prior)
    torch.testing.assert_close(both[1][1:], alone[1])


def test_one_shot_without_prior_is_the_cosine_about_the_centre(tasks):
    support, query = tasks[0][:, :, :1], tasks[1]
    _, queries, scatter = closed_form_inner_loop(support, query, ScatterStatistics(D).double())
    torch.testing.assert_close(queries, query - support.mean((1, 2), keepdim=True))
    assert not scatter.any()


def test_statistics_follow_the_batches_of_training():
    statistics = ScatterStatistics(2)
    first, second = torch.eye(2), torch.full((2, 2), 3.0)
    statistics.follow(first, torch.tensor([1.0, 2.0]), 6)
    assert torch.equal(statistics.scatter, first)
    statistics.follow(second, torch.tensor([3.0, 2.0]), 6, momentum=0.25)
    torch.testing.assert_close(statistics.scatter, torch.tensor([[1.5, 0.75], [0.75, 1.5]]))
    torch.testing.assert_close(statistics.mean, torch.tensor([1.5, 2.0]))
    assert statistics.count == 6


def test_identities_that_are_not_there_take_no_part(tasks, prior):
    support, query = tasks
    nobody = torch.full((B, 2, K + Q, D), 1e3, dtype=torch.float64)
    valid = torch.tensor([[True] * N + [False] * 2] * B)
    padded = [torch.cat([s, n], 1) for s, n in zip(tasks, nobody.split([K, Q], 2), strict=True)]
    got = closed_form_inner_loop(*padded, prior, valid=valid)
    expected = closed_form_inner_loop(support, query, prior)
    for one, other in zip(got[:2], expected[:2], strict=True):
        torch.testing.assert_close(one[:, :N], other)
    torch.testing.assert_close(got[2], expected[2])
    # Tasks of different size: each by itself, and the batch by its degrees of freedom.
    valid[1, 1:] = False
    *adapted, batch = closed_form_inner_loop(*padded, prior, valid=valid)
    alone = closed_form_inner_loop(support[1:, :1], query[1:, :1], prior)
    for one, other in zip(adapted, alone[:2], strict=True):
        torch.testing.assert_close(one[1:, :1], other)
    first = closed_form_inner_loop(support[:1], query[:1], prior)[2]
    torch.testing.assert_close(batch, (N * first + alone[2]) / (N + 1))
    assert torch.equal(
        closed_form_inner_loop(*padded, prior, valid=torch.zeros_like(valid))[2], prior.scatter
    )
