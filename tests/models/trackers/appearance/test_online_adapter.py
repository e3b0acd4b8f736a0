"""Per-track similarities against explicitly formed parameters, in float64."""

import pytest
import torch
from torch.nn import functional as F

from mmmaml.meta import AdapterNumbers, cosine_scale
from mmmaml.models import MetaReIDHead
from mmmaml.models.trackers.appearance.online_adapter import OnlineAdapter

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
    got = OnlineAdapter(head, blend_tasks=True, solver=None).similarity(
        mean, gallery, count, feats
    )
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


def watch(adapter, gallery, weights):
    """Show features (T, K, C) of weights (T, K) one after another, each track's first not."""
    for k in range(1, gallery.shape[1]):
        known = weights[:, :k].sum(1)
        means = (weights[:, :k, None] * gallery[:, :k]).sum(1) / known[:, None]
        adapter.observe(means, known, gallery[:, k], weights[:, k])


def trust(seed=1):
    return 0.2 + 0.8 * torch.rand(T, K, generator=torch.manual_seed(seed), dtype=torch.float64)


def test_closed_form_is_the_inverse_of_the_shrunk_within_person_scatter(scene):
    head, mean, gallery, count, feats = scene
    prior = torch.rand(20, 3, D, dtype=torch.float64)
    head.scatter.fill(prior, torch.ones(20, 3, dtype=torch.bool))
    adapter = OnlineAdapter(head, blend_tasks=False, shrinkage=0.2, prior_weight=8.0)
    weights = trust()
    watch(adapter, gallery, weights)
    adapter.fit(mean)

    scatter, freedom = 8.0 * head.scatter.scatter, 8.0
    for own, weight in zip(head(gallery), weights, strict=True):
        apart = own - (weight[:, None] * own).sum(0) / weight.sum()
        scatter = scatter + apart.T @ (weight[:, None] * apart)
        freedom += weight[1:].sum()
    scatter = scatter / freedom
    scatter = scatter + 0.2 * scatter.trace() / D * torch.eye(D, dtype=torch.float64)
    centre = (head(mean).sum(0) + 3 * head.scatter.mean) / (T + 3)
    inverse = torch.linalg.inv(scatter)
    tracks, found = head(mean) - centre, head(feats) - centre
    products = tracks @ inverse @ found.T
    lengths = [(x @ inverse * x).sum(1).sqrt() for x in (tracks, found)]
    expected = products / lengths[0][:, None] / lengths[1]
    got = adapter.similarity(mean, gallery[:0], count, feats)
    torch.testing.assert_close(got, expected, rtol=0, atol=1e-10)


def test_a_share_of_the_cosine_is_that_before_the_metric(scene):
    head, mean, gallery, _, feats = scene
    mixed, adapted = (OnlineAdapter(head, raw_share=share) for share in (0.25, 0.0))
    for each in (mixed, adapted):
        watch(each, gallery, trust())
        each.fit(mean)
    centre = mixed.metric.centre
    raw = F.cosine_similarity((head(mean) - centre)[:, None], (head(feats) - centre)[None], dim=-1)
    expected = 0.75 * adapted.similarity(mean, None, None, feats) + 0.25 * raw
    got = mixed.similarity(mean, None, None, feats)
    torch.testing.assert_close(got, expected, rtol=0, atol=1e-12)


def test_numbers_that_are_not_given_are_those_of_the_prior(scene):
    head = scene[0]
    before = head.scatter.numbers
    head.scatter.numbers = AdapterNumbers(shrinkage=0.4, temperature=2.0, raw_share=0.3, pairs=5.0)
    try:
        adapter = OnlineAdapter(head, shrinkage=0.2)
    finally:
        head.scatter.numbers = before
    assert (adapter.shrinkage, adapter.raw_share) == (0.2, 0.3)
    assert adapter.calibration.temperature == 2.0
    assert adapter.calibration.start.pairs == 5.0


def test_the_metric_applies_to_each_tracks_own_embeddings(scene):
    head, mean, gallery, count, feats = scene
    adapter = OnlineAdapter(head, blend_tasks=True)
    watch(adapter, gallery, trust())
    adapter.fit(mean)
    weights, biases = head.task_memory.adapted_params(mean, head.weight, head.bias)
    centre, metric = adapter.metric
    expected = explicit(head, mean, feats, metric @ weights, (biases - centre) @ metric.T)
    got = adapter.similarity(mean, gallery[:0], count, feats)
    torch.testing.assert_close(got, expected, rtol=0, atol=1e-10)


def test_a_track_seen_for_the_first_time_tells_nothing(scene):
    head, mean, gallery, count, feats = scene
    adapter = OnlineAdapter(head)
    adapter.fit(mean)
    before = adapter.similarity(mean, gallery, count, feats)
    nobody = mean[:0]
    adapter.observe(nobody, nobody[:, 0], nobody, nobody[:, 0])
    adapter.fit(mean)
    assert adapter.scatter.freedom == 0
    assert torch.equal(adapter.similarity(mean, gallery, count, feats), before)


def test_the_metric_is_solved_for_again_when_enough_is_new(scene):
    head, mean, gallery, *_ = scene
    head.scatter.fill(
        torch.rand(20, 3, D, dtype=torch.float64), torch.ones(20, 3, dtype=torch.bool)
    )
    adapter = OnlineAdapter(head, prior_weight=100.0)
    adapter.fit(mean)
    centre, first = adapter.metric
    one, two = mean[:1, 0] * 0 + 1, mean[:2, 0] * 0 + 1
    adapter.observe(mean[:2], two, gallery[:2, 0], two)  # 2 of 100 are just not enough
    adapter.fit(mean[1:])
    assert torch.equal(adapter.metric.whitening, first)
    assert not torch.allclose(adapter.metric.centre, centre)  # people in view come and go
    adapter.observe(mean[2:3], one, gallery[2:3, 0], 0.01 * one)
    adapter.fit(mean)
    second = adapter.metric.whitening
    scatter = adapter.scatter.scatter
    shrunk = scatter + 0.1 * scatter.trace() / D * torch.eye(D, dtype=torch.float64)
    torch.testing.assert_close(second.T @ second, torch.linalg.inv(shrunk))
    assert not torch.allclose(second, first)
    # From here on 2.0402 of 102.01 are wanted.
    adapter.observe(mean[:2], two, gallery[:2, 1], 1.02 * two)
    adapter.fit(mean)
    assert torch.equal(adapter.metric.whitening, second)
    adapter.observe(mean[:1], one, gallery[:1, 1], 0.01 * one)
    adapter.fit(mean)
    assert not torch.allclose(adapter.metric.whitening, second)


@pytest.mark.parametrize('solver', ['gradient', None])
def test_other_solvers_have_no_metric(scene, solver):
    head, mean, gallery, count, feats = scene
    adapter = OnlineAdapter(head, solver=solver)
    before = adapter.similarity(mean, gallery, count, feats)
    watch(adapter, gallery, trust())
    adapter.fit(mean)
    assert adapter.metric is None
    assert torch.equal(adapter.similarity(mean, gallery, count, feats), before)
    assert adapter.uses_gallery == (solver == 'gradient')


def test_a_scene_is_forgotten_on_reset(scene):
    head, mean, gallery, count, feats = scene
    adapter = OnlineAdapter(head)
    before = adapter.similarity(mean, gallery, count, feats)
    adapter.fit(mean)
    fresh = adapter.similarity(mean, gallery, count, feats)
    watch(adapter, gallery, trust())
    adapter.fit(mean)
    seen = adapter.similarity(mean, gallery, count, feats)
    assert (seen - fresh).abs().max() > 1e-3
    adapter.reset()
    torch.testing.assert_close(adapter.similarity(mean, gallery, count, feats), before)
    adapter.fit(mean)
    torch.testing.assert_close(adapter.similarity(mean, gallery, count, feats), fresh)


def test_training_statistics_filled_later_count_from_the_next_video_on(scene):
    head, mean, *_ = scene
    adapter = OnlineAdapter(head, prior_weight=8.0)
    prior = torch.rand(20, 3, D, dtype=torch.float64)
    head.scatter.fill(prior, torch.ones(20, 3, dtype=torch.bool))
    adapter.reset()
    adapter.fit(mean)
    expected = OnlineAdapter(head, prior_weight=8.0)
    expected.fit(mean)
    torch.testing.assert_close(adapter.metric.whitening, expected.metric.whitening)
    assert adapter.scatter.freedom == 8


@pytest.mark.parametrize('solver', ['closed_form', 'gradient'])
@pytest.mark.parametrize(('tracks', 'detections'), [(0, 5), (4, 0), (0, 0)])
def test_no_tracks_or_no_detections(scene, tracks, detections, solver):
    head, mean, gallery, count, feats = scene
    adapter = OnlineAdapter(head, solver=solver)
    adapter.fit(mean[:tracks])
    got = adapter.similarity(mean[:tracks], gallery[:tracks], count[:tracks], feats[:detections])
    assert got.shape == (tracks, detections)


@pytest.mark.parametrize(
    ('kwargs', 'message'),
    [
        ({'num_steps': 0}, 'num_steps=0 must be a whole number, at least 1'),
        ({'solver': 'newton'}, "got 'newton'"),
        ({'shrinkage': 0.0}, 'shrinkage=0.0'),
        ({'prior_weight': -1.0}, 'prior_weight=-1.0 must be at least 0'),
        ({'memory': 100.0}, 'memory=100.0 must be greater than prior_weight=100.0'),
        ({'raw_share': 1.5}, 'raw_share=1.5 must be in 0..1'),
        ({'inner_lr': 0.0}, 'inner_lr=0.0 must be positive'),
        ({'temperature': 0.0}, 'temperature=0.0 must be positive'),
    ],
)
def test_arguments_out_of_range(scene, kwargs, message):
    with pytest.raises(ValueError, match=message):
        OnlineAdapter(scene[0], **kwargs)
