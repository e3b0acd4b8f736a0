import math

import pytest
import torch
from torch.nn import functional as F

from mmmaml.meta import cosine_scale, task_cross_entropy, way_prototypes


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
