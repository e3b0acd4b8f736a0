"""Losses of the Re-ID network against independently built references."""

import copy

import pytest
import torch
from torch.nn import functional as F

from mmmaml.meta import cosine_scale
from mmmaml.models import MetaReID
from mmmaml.models.reid import InnerLoopCfg
from mmmaml.structures import TaskDataSample

from ...tiny import tiny_backbone

B, N, K, Q, IDS = 2, 3, 2, 1, 7


def build(**head):
    torch.manual_seed(0)
    head = {'type': 'mmmaml.MetaReIDHead', 'in_channels': 4, 'feat_channels': 5} | head
    return MetaReID(backbone=tiny_backbone(), head={'num_classes': IDS} | head).double()


@pytest.fixture
def tasks():
    gen = torch.Generator().manual_seed(1)
    inputs = torch.randn(B, N, K + Q, 3, 16, 8, generator=gen, dtype=torch.float64)
    samples = []
    for _ in range(B):
        sample = TaskDataSample(metainfo={'num_support': K})
        sample.labels = torch.randperm(IDS, generator=gen)[:N]
        samples.append(sample)
    return inputs, samples


def total(losses):
    return sum(v for name, v in losses.items() if 'loss' in name)


def test_without_inner_loop_it_is_ordinary_classification(tasks):
    model = build().eval()
    inputs, samples = tasks
    losses = model.loss(inputs, samples)
    logits = [
        cosine_scale(IDS) * F.cosine_similarity(model(crop[None]), model.head.classifier)
        for task in inputs
        for way in task
        for crop in way
    ]
    labels = torch.cat([s.labels.repeat_interleave(K + Q) for s in samples])
    expected = F.cross_entropy(torch.stack(logits), labels)
    assert set(losses) == {'loss_plain'}
    torch.testing.assert_close(losses['loss_plain'], expected, rtol=0, atol=1e-10)


@pytest.mark.parametrize('task_classifier', ['global', 'restricted', 'prototype'])
@pytest.mark.parametrize(('num_steps', 'first_order'), [(1, False), (2, False), (2, True)])
def test_kernel_form_equals_torch_func_on_the_last_layer(
    tasks, task_classifier, num_steps, first_order
):
    """The two implementations of the inner loop share no code beyond the loss."""
    kernel = build(task_classifier=task_classifier).eval()
    general = copy.deepcopy(kernel)
    kernel.set_inner_loop(InnerLoopCfg(0.3, num_steps, first_order))
    general.set_inner_loop(InnerLoopCfg(0.3, num_steps, first_order, adapt=r'head\.embed'))
    outcomes = [m.loss(*tasks) for m in (kernel, general)]
    for name, value in outcomes[0].items():
        torch.testing.assert_close(value, outcomes[1][name], rtol=0, atol=1e-10)
    grads = []
    for model, losses in zip((kernel, general), outcomes, strict=True):
        total(losses).backward()
        grads.append({n: p.grad for n, p in model.named_parameters()})
    for name, grad in grads[0].items():
        torch.testing.assert_close(grad, grads[1][name], rtol=0, atol=1e-9, msg=name)


def test_closed_form_by_hand(tasks):
    """Cosines to the mean directions of the support, in the metric of each task's own scatter."""
    model = build(task_classifier='prototype', plain_loss_weight=0.0, query_loss_weight=0.5).eval()
    prior = torch.rand(5, 4, 5, dtype=torch.float64)
    model.head.scatter.fill(prior, torch.ones(5, 4, dtype=torch.bool))
    model.set_inner_loop(InnerLoopCfg(solver='closed_form', shrinkage=0.4, prior_weight=6.0))
    inputs, samples = tasks
    losses = []
    for task in inputs:
        embeds = model(task.flatten(0, 1)).unflatten(0, (N, K + Q))
        support, query = embeds[:, :K], embeds[:, K:]
        deviations = (support - support.mean(1, keepdim=True)).flatten(0, 1)
        scatter = deviations.T @ deviations + 6 * model.head.scatter.scatter
        scatter = scatter / (N * (K - 1) + 6)
        scatter = scatter + 0.4 * scatter.trace() / 5 * torch.eye(5, dtype=torch.float64)
        values, vectors = torch.linalg.eigh(scatter)
        root = vectors / values.sqrt()  # another root of the inverse, the same inner products
        support, query = ((e - embeds[:, :K].mean((0, 1))) @ root for e in (support, query))
        prototypes = F.normalize(support, dim=-1).mean(1)
        logits = F.cosine_similarity(query.flatten(0, 1)[:, None], prototypes[None], dim=-1)
        losses.append(F.cross_entropy(cosine_scale(N) * logits, torch.arange(N)))
    got = model.loss(inputs, samples)
    torch.testing.assert_close(got['loss_query'], 0.5 * sum(losses) / B, rtol=0, atol=1e-10)
    got['loss_query'].backward()
    assert model.head.weight.grad.abs().max() > 0


def test_the_prior_follows_training_and_stays_in_evaluation(tasks):
    model = build(task_classifier='prototype')
    model.set_inner_loop(InnerLoopCfg(solver='closed_form'))
    model.eval().loss(*tasks)
    assert model.head.scatter.count == 0
    model.train().loss(*tasks)
    assert model.head.scatter.count == B * N
    assert model.head.scatter.scatter.any()


def test_closed_form_needs_prototypes():
    model = build(task_classifier='restricted')
    with pytest.raises(ValueError, match="'restricted' compares them with: use 'prototype'"):
        model.set_inner_loop(InnerLoopCfg(solver='closed_form'))


@pytest.mark.parametrize(
    ('kwargs', 'message'),
    [
        ({'solver': 'newton'}, "got 'newton'"),
        ({'shrinkage': 0.0}, 'shrinkage=0.0'),
        ({'prior_weight': -1.0}, 'prior_weight=-1.0'),
        ({'solver': 'closed_form', 'adapt': 'head'}, "adapt='head' names others"),
    ],
)
def test_inner_loops_out_of_range(kwargs, message):
    with pytest.raises(ValueError, match=message):
        InnerLoopCfg(**kwargs)


def test_restricted_classifier_by_hand(tasks):
    """One step by autograd on explicit weights of each task."""
    model = build(plain_loss_weight=0.0).eval()
    model.set_inner_loop(InnerLoopCfg(0.3))
    inputs, samples = tasks
    expected = []
    for task, sample in zip(inputs, samples, strict=True):
        feats = model.extract_crop_feats(task.flatten(0, 1)).unflatten(0, (N, K + Q)).detach()
        rows = model.head.classifier[sample.labels].detach()
        ways = torch.arange(N)
        weight = model.head.weight.detach().clone().requires_grad_()
        bias = model.head.bias.detach().clone().requires_grad_()

        def classify(x, w, b, rows=rows):
            cosines = F.cosine_similarity((x @ w.T + b)[:, None], rows[None], dim=-1)
            return cosine_scale(N) * cosines

        support = classify(feats[:, :K].flatten(0, 1), weight, bias)
        loss = F.cross_entropy(support, ways.repeat_interleave(K))
        g_weight, g_bias = torch.autograd.grad(loss, [weight, bias])
        query = classify(feats[:, K:].flatten(0, 1), weight - 0.3 * g_weight, bias - 0.3 * g_bias)
        expected.append(F.cross_entropy(query, ways.repeat_interleave(Q)))
    losses = model.loss(inputs, samples)
    torch.testing.assert_close(
        losses['loss_query'], torch.stack(expected).mean(), rtol=0, atol=1e-10
    )
    assert losses['loss_plain'] == 0


def test_logged_losses_are_not_part_of_the_sum(tasks):
    model = build().eval()
    model.set_inner_loop(InnerLoopCfg(0.3))
    parsed, logged = model.parse_losses(model.loss(*tasks))
    torch.testing.assert_close(parsed, logged['loss_query'] + logged['loss_plain'])
    assert {'support_ce', 'query_ce', 'query_ce_adapted'} <= set(logged)


def test_inner_loop_leaves_running_statistics_to_the_plain_forward(tasks):
    plain, meta = build().train(), build().train()
    meta.set_inner_loop(InnerLoopCfg(0.1, adapt='backbone'))
    plain.loss(*tasks)
    meta.loss(*tasks)
    statistics = dict(meta.named_buffers())
    for name, value in plain.named_buffers():
        assert torch.equal(value, statistics[name]), name
    assert int(statistics['backbone.bn1.num_batches_tracked']) == 1


def test_mixed_precision_does_not_round_the_inner_update_away(tasks):
    model = build().eval().float()
    model.set_inner_loop(InnerLoopCfg(0.01))
    inputs, samples = tasks
    feats = model.extract_crop_feats(inputs.flatten(0, 2).float()).detach()
    model.extract_crop_feats = lambda crops: feats
    expected = model.loss(inputs, samples)
    with torch.autocast('cpu', torch.bfloat16):
        assert model.head(feats).dtype == torch.bfloat16
        mixed = model.loss(inputs, samples)
    for name, value in expected.items():
        torch.testing.assert_close(mixed[name], value, rtol=0, atol=0)


def test_learned_rate_receives_a_gradient(tasks):
    model = build(learn_inner_lr=True)
    torch.nn.init.constant_(model.head.log_inner_lr, -1.0)
    model.set_inner_loop(InnerLoopCfg(123.0))
    model.eval()

    def query_loss(log_rate):
        with torch.no_grad():
            model.head.log_inner_lr.fill_(log_rate)
        return model.loss(*tasks)['loss_query']

    (grad,) = torch.autograd.grad(query_loss(-1.0), model.head.log_inner_lr)
    step = 1e-5
    slope = (query_loss(-1.0 + step) - query_loss(-1.0 - step)) / (2 * step)
    torch.testing.assert_close(grad, slope, rtol=1e-6, atol=1e-9)


def test_behaves_like_base_reid_in_a_mot_model():
    model = build().eval()
    crops = torch.randn(3, 3, 16, 8, dtype=torch.float64)
    embeds = model(crops, mode='tensor')
    assert embeds.shape == (3, model.head.out_channels)
    torch.testing.assert_close(model(crops[None]), embeds)
    torch.testing.assert_close(model(crops, mode='predict')[1].pred_feature, embeds[1])
    assert model(crops[:0]).shape == (0, 5)
    with pytest.raises(ValueError, match="got 'train'"):
        model(crops, mode='train')


def test_unknown_number_of_identities(tasks):
    model = build(num_classes=None)
    with pytest.raises(RuntimeError, match='set num_classes, or'):
        model.loss(*tasks)
    model.load_state_dict(build().state_dict())  # a checkpoint tells
    assert model.head.num_classes == IDS
    assert torch.isfinite(model.loss(*tasks)['loss_plain'])


def test_impossible_settings_are_refused():
    with pytest.raises(ValueError, match="got 'local'"):
        build(task_classifier='local')
    with pytest.raises(ValueError, match='inner_lr=0'):
        InnerLoopCfg(inner_lr=0)
    with pytest.raises(ValueError, match="no parameter matches 'neck'"):
        build().set_inner_loop(InnerLoopCfg(adapt='neck'))


def test_half_precision_at_test_time_is_close_and_comes_back_single():
    model = build().float().eval()
    crops = torch.rand(6, 3, 16, 8)
    single = model(crops)
    model.test_precision = 'bf16'
    half = model(crops)
    assert half.dtype == torch.float32
    assert not torch.equal(single, half)
    torch.testing.assert_close(half, single, rtol=0.05, atol=0.05)
    model.train()
    assert torch.equal(
        model.extract_crop_feats(crops), copy.deepcopy(model).float()._pooled(crops)
    )


def test_channels_last_keeps_weights_and_features():
    torch.manual_seed(0)
    plain = build().float().eval()
    options = {'head': {'type': 'mmmaml.MetaReIDHead', 'in_channels': 4, 'feat_channels': 5}}
    options['head']['num_classes'] = IDS
    last = MetaReID(backbone=tiny_backbone(), **options, channels_last=True).eval()
    last.load_state_dict(plain.state_dict())
    weights = [each for each in last.backbone.parameters() if each.ndim == 4]
    assert all(each.is_contiguous(memory_format=torch.channels_last) for each in weights)
    crops = torch.rand(6, 3, 16, 8)
    torch.testing.assert_close(last(crops), plain(crops))


def test_precisions_that_are_refused():
    with pytest.raises(ValueError, match="one of fp32, fp16, bf16, got 'int8'"):
        MetaReID(backbone=tiny_backbone(), head={}, test_precision='int8')
    model = build().float().eval()
    model.test_precision = 'fp16'
    with pytest.raises(ValueError, match="needs a GPU: use 'bf16'"):
        model(torch.rand(1, 3, 16, 8))
