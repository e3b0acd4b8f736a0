"""Per-track similarities against explicitly formed parameters, in float64."""

import pytest
import torch
from torch.nn import functional as F

from mmmaml.meta import cosine_scale
from mmmaml.models import MetaReIDHead
from mmmaml.models.trackers.online_adapter import OnlineAdapter

T, N, K, C, D, M, SIZE = 4, 5, 3, 6, 5, 7, 2


@pytest.fixture
def scene():
    gen = torch.Generator().manual_seed(3)

    def rand(*shape):
        return torch.rand(*shape, generator=gen, dtype=torch.float64)

    torch.manual_seed(0)
    head = MetaReIDHead(C, D).double()
    head.task_memory.inner_lr.fill_(0.5)
    head.task_memory.add(rand(M, SIZE, C), rand(M, SIZE, D) - 0.5)
    return head, rand(T, C), rand(T, K, C), torch.tensor([3, 1, 2, 3]), rand(N, C)


def explicit(head, mean, feats, weights, biases):
    """Cosine under explicitly formed parameters, track after track."""
    rows = []
    for x, weight, bias in zip(mean, weights, biases, strict=True):
        rows.append(F.cosine_similarity(feats @ weight.T + bias, (weight @ x + bias)[None]))
    return torch.stack(rows)


def test_blended_parameters_equal_equation_7(scene):
    head, mean, gallery, count, feats = scene
    weights, biases = head.task_memory.adapted_params(mean, head.weight, head.bias)
    expected = explicit(head, mean, feats, weights, biases)
    got = OnlineAdapter(head, solver=None).similarity(mean, gallery, count, feats)
    torch.testing.assert_close(got, expected, rtol=0, atol=1e-10)
    plain = F.cosine_similarity(head(mean)[:, None], head(feats)[None], dim=-1)
    assert (got - plain).abs().max() > 1e-3


@pytest.mark.parametrize('blend_tasks', [True, False])
def test_inner_steps_equal_explicit_weights_of_each_track(scene, blend_tasks):
    head, mean, gallery, count, feats = scene
    if blend_tasks:
        weights, biases = head.task_memory.adapted_params(mean, head.weight, head.bias)
    else:
        weights, biases = head.weight.expand(T, -1, -1), head.bias.expand(T, -1)
    adapted_weights, adapted_biases = [], []
    for t in range(T):
        weight = weights[t].detach().clone().requires_grad_()
        bias = biases[t].detach().clone().requires_grad_()
        prototypes = (mean @ weight.T + bias).detach()
        for _ in range(2):
            embeds = gallery[t, : count[t]] @ weight.T + bias
            cosines = F.cosine_similarity(embeds[:, None], prototypes[None], dim=-1)
            target = torch.full((int(count[t]),), t)
            loss = F.cross_entropy(cosine_scale(T) * cosines, target)
            g_weight, g_bias = torch.autograd.grad(loss, [weight, bias])
            weight = (weight - 0.5 * g_weight).detach().requires_grad_()
            bias = (bias - 0.5 * g_bias).detach().requires_grad_()
        adapted_weights.append(weight)
        adapted_biases.append(bias)
    expected = explicit(head, mean, feats, adapted_weights, adapted_biases).detach()
    adapter = OnlineAdapter(
        head, blend_tasks=blend_tasks, solver='gradient', num_steps=2, inner_lr=0.5
    )
    got = adapter.similarity(mean, gallery, count, feats)
    torch.testing.assert_close(got, expected, rtol=0, atol=1e-10)
    assert not got.requires_grad


def test_empty_memory_is_the_plain_cosine(scene):
    head, mean, gallery, count, feats = scene
    head.task_memory.clear()
    plain = F.cosine_similarity(head(mean)[:, None], head(feats)[None], dim=-1)
    got = OnlineAdapter(head, solver=None).similarity(mean, gallery, count, feats)
    torch.testing.assert_close(got, plain, rtol=0, atol=1e-12)


def test_closed_form_is_the_inverse_of_the_shrunk_within_person_scatter(scene):
    head, mean, gallery, count, feats = scene
    prior = torch.rand(20, 3, D, dtype=torch.float64)
    head.scatter.fill(prior, torch.ones(20, 3, dtype=torch.bool))
    adapter = OnlineAdapter(head, blend_tasks=False, shrinkage=0.2, prior_weight=8.0)
    adapter.fit(mean, gallery, count)

    scatter, freedom = 8.0 * head.scatter.scatter, 8.0
    for t in range(T):
        own = head(gallery[t, : count[t]])
        scatter = scatter + (own - own.mean(0)).T @ (own - own.mean(0))
        freedom += int(count[t]) - 1
    scatter = scatter / freedom
    scatter = scatter + 0.2 * scatter.trace() / D * torch.eye(D, dtype=torch.float64)
    centre = (head(mean).sum(0) + 3 * head.scatter.mean) / (T + 3)
    inverse = torch.linalg.inv(scatter)
    tracks, found = head(mean) - centre, head(feats) - centre
    products = tracks @ inverse @ found.T
    lengths = [(x @ inverse * x).sum(1).sqrt() for x in (tracks, found)]
    expected = products / lengths[0][:, None] / lengths[1]
    got = adapter.similarity(mean, gallery, count, feats)
    torch.testing.assert_close(got, expected, rtol=0, atol=1e-10)


def test_the_default_applies_the_metric_to_each_tracks_own_embeddings(scene):
    head, mean, gallery, count, feats = scene
    adapter = OnlineAdapter(head)
    adapter.fit(mean, gallery, count)
    weights, biases = head.task_memory.adapted_params(mean, head.weight, head.bias)
    factor, centre = torch.linalg.inv(adapter.metric.factor), adapter.metric.centre
    expected = explicit(head, mean, feats, factor @ weights, (biases - centre) @ factor.T)
    got = adapter.similarity(mean, gallery, count, feats)
    torch.testing.assert_close(got, expected, rtol=0, atol=1e-10)


def test_a_scene_is_forgotten_on_reset(scene):
    head, mean, gallery, count, feats = scene
    adapter = OnlineAdapter(head)
    before = adapter.similarity(mean, gallery, count, feats)
    adapter.fit(mean, gallery, count)
    assert not torch.allclose(adapter.similarity(mean, gallery, count, feats), before)
    adapter.reset()
    torch.testing.assert_close(adapter.similarity(mean, gallery, count, feats), before)


@pytest.mark.parametrize(('tracks', 'detections'), [(0, 5), (4, 0), (0, 0)])
def test_no_tracks_or_no_detections(scene, tracks, detections):
    head, mean, gallery, count, feats = scene
    adapter = OnlineAdapter(head, solver='gradient')
    adapter.fit(mean[:tracks], gallery[:tracks], count[:tracks])
    got = adapter.similarity(mean[:tracks], gallery[:tracks], count[:tracks], feats[:detections])
    assert got.shape == (tracks, detections)


@pytest.mark.parametrize(
    ('kwargs', 'message'),
    [
        ({'num_steps': 0}, 'num_steps=0 must be at least 1'),
        ({'solver': 'newton'}, "got 'newton'"),
        ({'shrinkage': 0.0}, 'shrinkage=0.0'),
        ({'inner_lr': 0.0}, 'inner_lr=0.0 must be positive'),
    ],
)
def test_arguments_out_of_range(scene, kwargs, message):
    with pytest.raises(ValueError, match=message):
        OnlineAdapter(scene[0], **kwargs)
