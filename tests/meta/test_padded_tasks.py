"""Rows of zeros and left-out rows take no part in the inner loop, in derivatives of any order."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.nn import functional as F

from mmmaml.meta import linear_inner_loop, task_cross_entropy, unit_vectors

from ..properties import bounded

K, Q, C, D, N = 4, 3, 5, 6, 4


def outer_gradients(support, labels, others, num_steps, loss=task_cross_entropy):
    """Derive the outer loss of one task by support, queries, layer and classifier.

    Args:
        support: (k, C) support features.
        labels: (k,) class of each, −1 for none.
        others: Query features, their labels, weight, bias or None, and classifier.
        num_steps: Steps of the inner loop.
        loss: The loss of embeddings, labels and classifier, inner and outer.
    """
    query, query_labels, weight, bias, rows = others
    leaves = [support, query, weight, rows, *([] if bias is None else [bias])]
    leaves = [leaf.clone().requires_grad_() for leaf in leaves]
    support, query, weight, rows = leaves[:4]
    adapted = linear_inner_loop(
        support[None],
        query[None],
        weight,
        None if bias is None else leaves[4],
        lambda embeds: loss(embeds, labels[None], rows, 3.0),
        lr=0.5,
        num_steps=num_steps,
    )
    outer = loss(adapted.query_embeds, query_labels[None], rows, 3.0)
    return torch.autograd.grad(outer.sum(), leaves)


def drawn(seed, bias):
    gen = torch.Generator().manual_seed(seed)

    def normal(*shape):
        return torch.randn(*shape, generator=gen, dtype=torch.float64)

    labels = [torch.randint(N, (size,), generator=gen) for size in (K, Q)]
    offset = {'none': None, 'zero': torch.zeros(D).double(), 'some': normal(D)}[bias]
    return normal(K, C), labels[0], (normal(Q, C), labels[1], normal(D, C), offset, normal(N, D))


@bounded
@given(
    seed=st.integers(0, 999),
    padding=st.integers(1, 3),
    place=st.integers(0, K),
    bias=st.sampled_from(['none', 'zero', 'some']),
    num_steps=st.integers(1, 3),
)
def test_padding_a_task_changes_no_gradient(seed, padding, place, bias, num_steps):
    support, labels, others = drawn(seed, bias)
    expected = outer_gradients(support, labels, others, num_steps)
    rows = support.new_zeros(padding, C)
    padded = torch.cat([support[:place], rows, support[place:]])
    named = torch.cat([labels[:place], labels.new_full((padding,), -1), labels[place:]])
    got = list(outer_gradients(padded, named, others, num_steps))
    of_padding = got[0][place : place + padding]
    got[0] = torch.cat([got[0][:place], got[0][place + padding :]])
    assert not of_padding.isnan().any()
    for value, wanted in zip(got, expected, strict=True):
        torch.testing.assert_close(value, wanted, rtol=1e-9, atol=1e-11)


@bounded
@given(seed=st.integers(0, 999), row=st.integers(0, K - 1), num_steps=st.integers(1, 3))
def test_a_feature_of_zeros_says_nothing_of_its_class(seed, row, num_steps):
    """Its cosines are 0 whatever the layer, so its loss is a constant: log N."""
    support, labels, others = drawn(seed, 'none')
    support[row] = 0
    got = outer_gradients(support, labels, others, num_steps)
    without = labels.clone()
    without[row] = -1

    def same_weights(embeds, labels, rows, scale):
        """Average over all rows of the support, those left out included."""
        counted = (labels >= 0).sum() if labels.shape[1] == K else labels.shape[1]
        total = labels.shape[1]
        return task_cross_entropy(embeds, labels, rows, scale) * counted / total

    expected = outer_gradients(support, without, others, num_steps, same_weights)
    for value, wanted in zip(got, expected, strict=True):
        torch.testing.assert_close(value, wanted, rtol=1e-9, atol=1e-11)


@bounded
@given(seed=st.integers(0, 999))
def test_directions_equal_those_of_torch_in_all_derivatives(seed):
    vectors = torch.randn(3, D, generator=torch.Generator().manual_seed(seed)).double()
    vectors.requires_grad_()
    assert torch.equal(unit_vectors(vectors), F.normalize(vectors, dim=-1))
    assert torch.autograd.gradcheck(unit_vectors, vectors)
    assert torch.autograd.gradgradcheck(unit_vectors, vectors)


@pytest.mark.parametrize('length', [0.0, 1e-13])
def test_no_direction_has_no_derivative_of_any_order(length):
    vectors = torch.full((2, 1), length, dtype=torch.float64).requires_grad_()
    units = unit_vectors(vectors)
    assert not units.any()
    (first,) = torch.autograd.grad(units.sum(), vectors, create_graph=True)
    (second,) = torch.autograd.grad(first.sum(), vectors, allow_unused=True)
    assert not first.any()
    assert second is None or not second.any()
