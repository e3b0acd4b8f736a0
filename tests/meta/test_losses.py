import math

import pytest
import torch
from torch.nn import functional as F

from mmmaml.meta import cosine_scale, cosine_scales, task_cross_entropy, way_prototypes


def test_scale_is_that_of_fairmot_and_never_vanishes():
    assert cosine_scale(501) == pytest.approx(math.sqrt(2) * math.log(500))
    assert cosine_scale(1) == cosine_scale(2) == pytest.approx(math.sqrt(2))


def test_cross_entropy_of_each_task_equals_torch():
    torch.manual_seed(0)
    embeds, labels = torch.randn(2, 3, 4), torch.tensor([[0, 1, 2], [2, 2, 0]])
    classifiers = torch.randn(2, 3, 4)
    got = task_cross_entropy(embeds, labels, classifiers, 5.0)
    for i in range(2):
        logits = 5.0 * F.cosine_similarity(embeds[i, :, None], classifiers[i, None], dim=-1)
        torch.testing.assert_close(got[i], F.cross_entropy(logits, labels[i]))
    shared = task_cross_entropy(embeds, labels, classifiers[0], 5.0)
    torch.testing.assert_close(shared[0], got[0])


def test_prototypes_ignore_the_length_of_embeddings():
    embeds = torch.tensor([[[2.0, 0.0], [0.0, 5.0], [-1.0, 0.0], [-3.0, 0.0]]])
    expected = torch.tensor([[[0.5, 0.5], [-1.0, 0.0]]])
    torch.testing.assert_close(way_prototypes(embeds, 2), expected)


def test_scales_of_many_tasks_are_those_of_each():
    numbers = torch.tensor([0, 1, 2, 4, 9, 501])
    expected = [cosine_scale(int(number)) for number in numbers]
    assert cosine_scales(numbers).tolist() == pytest.approx(expected)


def test_what_is_left_out_has_no_share():
    torch.manual_seed(0)
    embeds, classifiers = torch.randn(2, 4, 3), torch.randn(2, 5, 3, requires_grad=True)
    labels = torch.tensor([[0, 2, -1, 2], [-1, -1, -1, -1]])
    known = torch.tensor([[True, False, True, False, True], [False] * 5])
    scales = torch.tensor([2.0, 7.0])
    got = task_cross_entropy(embeds, labels, classifiers, scales, known)
    kept, rows = embeds[0, [0, 1, 3]], classifiers[0, [0, 2, 4]]
    logits = 2.0 * F.cosine_similarity(kept[:, None], rows[None], dim=-1)
    torch.testing.assert_close(got[0], F.cross_entropy(logits, torch.tensor([0, 1, 1])))
    assert got[1] == 0
    (grad,) = torch.autograd.grad(got.sum(), classifiers)
    assert grad[0, [0, 2, 4]].any(1).all()
    assert not grad[0, [1, 3]].any()
    assert not grad[1].any()
