"""Kernel form against explicit per-task weights and autograd, in float64."""

import itertools

import pytest
import torch
from torch.nn import functional as F

from mmmaml.meta import linear_inner_loop, task_cross_entropy, way_prototypes

B, K, Q, C, D, N = 3, 4, 2, 7, 5, 6
SCALE = 4.0


@pytest.fixture
def problem():
    gen = torch.Generator().manual_seed(0)

    def rand(*shape):
        return torch.randn(*shape, generator=gen, dtype=torch.float64)

    return {
        'support': rand(B, K, C).requires_grad_(),
        'query': rand(B, Q, C).requires_grad_(),
        'weight': rand(D, C).requires_grad_(),
        'bias': rand(D).requires_grad_(),
        'classifier': rand(N, D).requires_grad_(),
        'lr': torch.tensor(0.3, dtype=torch.float64, requires_grad=True),
        'support_labels': torch.randint(N, (B, K), generator=gen),
        'query_labels': torch.randint(N, (B, Q), generator=gen),
    }


def explicit_query_losses(p, num_steps, first_order, use_bias):
    """MAML as the textbook writes it: a copy of the weights for every task, one after another."""
    losses, embeds = [], []
    for task in range(B):
        weight, bias = p['weight'], p['bias'] if use_bias else None
        for _ in range(num_steps):
            out = F.linear(p['support'][task], weight, bias)
            logits = SCALE * F.normalize(out) @ F.normalize(p['classifier']).T
            loss = F.cross_entropy(logits, p['support_labels'][task])
            params = [weight] + ([bias] if use_bias else [])
            grads = torch.autograd.grad(loss, params, create_graph=not first_order)
            weight = weight - p['lr'] * grads[0]
            bias = bias - p['lr'] * grads[1] if use_bias else None
        out = F.linear(p['query'][task], weight, bias)
        logits = SCALE * F.normalize(out) @ F.normalize(p['classifier']).T
        losses.append(F.cross_entropy(logits, p['query_labels'][task]))
        embeds.append(out)
    return torch.stack(losses), torch.stack(embeds)


def kernel_query_losses(p, num_steps, first_order, use_bias):
    adapted = linear_inner_loop(
        p['support'],
        p['query'],
        p['weight'],
        p['bias'] if use_bias else None,
        lambda e: task_cross_entropy(e, p['support_labels'], p['classifier'], SCALE),
        p['lr'],
        num_steps,
        first_order,
    )
    losses = task_cross_entropy(adapted.query_embeds, p['query_labels'], p['classifier'], SCALE)
    return losses, adapted


@pytest.mark.parametrize(
    ('num_steps', 'first_order', 'use_bias'),
    list(itertools.product([1, 3], [False, True], [False, True])),
)
def test_outer_gradients_equal_explicit_per_task_autograd(
    problem, num_steps, first_order, use_bias
):
    names = ['weight', 'classifier', 'lr', 'support', 'query'] + ['bias'] * use_bias
    wrt = [problem[n] for n in names]
    explicit, embeds = explicit_query_losses(problem, num_steps, first_order, use_bias)
    expected = torch.autograd.grad(explicit.sum(), wrt, allow_unused=True)
    kernel, adapted = kernel_query_losses(problem, num_steps, first_order, use_bias)
    got = torch.autograd.grad(kernel.sum(), wrt, allow_unused=True)

    torch.testing.assert_close(adapted.query_embeds, embeds, rtol=0, atol=1e-10)
    for name, a, b in zip(names, got, expected, strict=True):
        if b is None:  # first order: the support features are a constant of the outer loss
            b = torch.zeros_like(problem[name])
        a = torch.zeros_like(b) if a is None else a
        torch.testing.assert_close(a, b, rtol=0, atol=1e-10, msg=lambda m, n=name: f'{n}: {m}')


def graph_size(tensor):
    """Number of autograd nodes behind a tensor."""
    seen, stack = set(), [tensor.grad_fn]
    while stack:
        node = stack.pop()
        if node is None or node in seen:
            continue
        seen.add(node)
        stack.extend(parent for parent, _ in node.next_functions)
    return len(seen)


def test_first_order_builds_no_second_order_graph(problem):
    first, adapted = kernel_query_losses(problem, 3, True, True)
    assert not adapted.grads.requires_grad
    assert adapted.grads.grad_fn is None
    second, adapted = kernel_query_losses(problem, 3, False, True)
    assert adapted.grads.requires_grad
    one_step, _ = kernel_query_losses(problem, 1, True, True)
    # The graph of the first-order query loss does not grow with the steps.
    assert graph_size(first) == graph_size(one_step)
    assert graph_size(second) > 2 * graph_size(first)


def test_no_graph_survives_under_no_grad(problem):
    with torch.no_grad():
        losses, adapted = kernel_query_losses(problem, 2, False, True)
    assert all(not t.requires_grad for t in (losses, *adapted))
    expected, _ = explicit_query_losses(problem, 2, True, True)
    torch.testing.assert_close(losses, expected.detach(), rtol=0, atol=1e-10)


def test_zero_steps_leave_the_layer_as_it_is(problem):
    _, adapted = kernel_query_losses(problem, 0, False, True)
    plain = F.linear(problem['query'], problem['weight'], problem['bias'])
    torch.testing.assert_close(adapted.query_embeds, plain, rtol=0, atol=0)
    assert not adapted.grads.any()


def test_grads_are_the_whole_parameter_change(problem):
    _, adapted = kernel_query_losses(problem, 3, True, True)
    weight = problem['weight'] - problem['lr'] * adapted.grads.mT @ problem['support']
    bias = problem['bias'] - problem['lr'] * adapted.grads.sum(1)
    rebuilt = problem['query'] @ weight.mT + bias[:, None]
    torch.testing.assert_close(adapted.query_embeds, rebuilt, rtol=0, atol=1e-10)


def test_one_step_on_a_quadratic_by_hand():
    # Support x=2, W=1, loss e²/2: dL/de = 2, W' = 1 - 0.1·2·2 = 0.6, so query 3 -> 1.8.
    adapted = linear_inner_loop(
        torch.tensor([[[2.0]]]),
        torch.tensor([[[3.0]]]),
        torch.tensor([[1.0]]),
        None,
        lambda e: e.square().sum((1, 2)) / 2,
        lr=0.1,
    )
    assert adapted.query_embeds.item() == pytest.approx(1.8)
    assert adapted.grads.item() == pytest.approx(2.0)
    assert adapted.support_losses.item() == pytest.approx(2.0)


def test_prototype_loss_differentiates_through_the_prototypes(problem):
    labels = torch.arange(2).repeat_interleave(2).expand(B, -1)

    def loss(embeds):
        return task_cross_entropy(embeds, labels, way_prototypes(embeds, 2), SCALE)

    adapted = linear_inner_loop(
        problem['support'], problem['query'], problem['weight'], None, loss, 0.3
    )
    task = 1
    weight = problem['weight'].detach().requires_grad_()
    out = F.normalize(problem['support'][task] @ weight.T)
    prototypes = F.normalize(out.reshape(2, 2, D).mean(1))
    F.cross_entropy(SCALE * out @ prototypes.T, labels[task]).backward()
    expected = problem['query'][task] @ (weight - 0.3 * weight.grad).T
    torch.testing.assert_close(adapted.query_embeds[task], expected, rtol=0, atol=1e-10)


@pytest.mark.parametrize(
    ('change', 'message'),
    [
        ({'support': torch.zeros(B, K, C + 1)}, r'support \(B, k, C\)'),
        ({'query': torch.zeros(B + 1, Q, C)}, r"'query': \(4, 2, 7\)"),
        ({'bias': torch.zeros(D + 1)}, r"'bias': \(6,\)"),
    ],
)
def test_shapes_that_do_not_agree_are_named(change, message):
    args = {
        'support': torch.zeros(B, K, C),
        'query': torch.zeros(B, Q, C),
        'weight': torch.zeros(D, C),
        'bias': torch.zeros(D),
    } | change
    with pytest.raises(ValueError, match=message):
        linear_inner_loop(**args, support_loss=lambda e: e.sum((1, 2)), lr=0.1)


def test_a_loss_that_mixes_tasks_is_refused(problem):
    with pytest.raises(ValueError, match='one loss a task'):
        linear_inner_loop(
            problem['support'], problem['query'], problem['weight'], None, torch.sum, 0.1
        )
    with pytest.raises(ValueError, match='num_steps must be at least 0, got -1'):
        linear_inner_loop(
            problem['support'], problem['query'], problem['weight'], None, torch.sum, 0.1, -1
        )
