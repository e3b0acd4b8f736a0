"""Similarity with an adapter, against the scatter and means taken directly."""

import numpy as np
import pytest
import torch

from mmmaml.models import MetaReIDHead
from tools.benchmarks.evidence.similarity import (
    AdaptedSimilarity,
    adapted_to_shots,
    cosine,
    means_before,
)


@pytest.fixture
def people():
    """Three people in turn, of ten views each, who vary along one direction most."""
    generator = torch.Generator().manual_seed(0)
    instance = np.tile([4, 9, 2], 10)
    places = torch.randn(10, 6, generator=generator)
    spread = torch.tensor([3.0, 1, 1, 1, 1, 1])
    return places[instance] + spread * torch.randn(30, 6, generator=generator), instance


def test_the_mean_before_each_observation(people):
    feats, instance = people
    means, known = means_before(feats, instance)
    for row in range(30):
        earlier = feats[:row][torch.from_numpy(instance[:row] == instance[row])]
        assert known[row] == len(earlier) == row // 3
        expected = earlier.mean(0) if len(earlier) else torch.zeros(6)
        torch.testing.assert_close(means[row], expected)


def test_the_adapter_learns_the_scatter_of_the_people_it_was_told_of(people):
    feats, instance = people
    torch.manual_seed(0)
    head = MetaReIDHead(6, 4)
    adapted = AdaptedSimilarity(head, {}, feats, instance)
    adapted.observe(np.arange(10))
    adapted.observe(np.arange(10, 24))
    told, whose = head(feats[:24]).detach().double(), instance[:24]
    expected = torch.zeros(4, 4, dtype=torch.double)
    for person in np.unique(whose):
        own = told[torch.from_numpy(whose == person)]
        expected += (own - own.mean(0)).T @ (own - own.mean(0))
    torch.testing.assert_close(adapted.adapter.scatter.total, expected.float())


def test_adapted_to_the_shots_is_adapted_to_nothing_else(people):
    feats, instance = people
    torch.manual_seed(0)
    head = MetaReIDHead(6, 4)
    galleries = torch.stack([feats[instance == person][:4] for person in (4, 9, 2)])
    galleries[2, 2:] = 99.0  # not valid
    counts = torch.tensor([4, 4, 2])
    means = torch.stack([g[:n].mean(0) for g, n in zip(galleries, counts, strict=True)])
    asked = feats[24:]
    similarity = adapted_to_shots(head, {})
    with torch.no_grad():
        first = similarity(means, galleries, counts, asked)
        similarity(means + 1, galleries[[1, 0, 2]], counts, asked)
        assert torch.equal(similarity(means, galleries, counts, asked), first)
        shots = torch.cat([g[:n] for g, n in zip(galleries, counts, strict=True)])
        whose = np.repeat([4, 9, 2], counts.numpy())
        alone = AdaptedSimilarity(head, {}, shots, whose)
        alone.observe(np.arange(len(shots)))
        torch.testing.assert_close(alone(means, galleries, counts, asked), first)
        plain = cosine(head(means), galleries, counts, head(asked))
    assert (first - plain).abs().max() > 0.1
