"""Parameters of the adaptation: what training sees is what the tracker does."""

from dataclasses import asdict, replace

import numpy as np
import pytest
import torch

from mmmaml.meta import AdapterNumbers, AdapterParameters, ScatterStatistics, assignment_loss
from mmmaml.models.reid import MetaReIDHead
from mmmaml.models.trackers.appearance.online_adapter import OnlineAdapter

CHANNELS, IN_VIEW = 4, 3
NUMBERS = AdapterNumbers(
    shrinkage=0.3,
    prior_weight=5.0,
    raw_share=0.2,
    temperature=1.5,
    same_mean=0.6,
    same_deviation=0.2,
    other_mean=0.1,
    other_deviation=0.3,
    pairs=3.0,
)


def statistics() -> ScatterStatistics:
    generator = torch.Generator().manual_seed(1)
    result = ScatterStatistics(CHANNELS).double()
    people = torch.randn(9, 4, CHANNELS, generator=generator, dtype=torch.float64)
    result.fill(people, torch.ones(9, 4, dtype=torch.bool))
    result.numbers = NUMBERS
    return result


def scenes() -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Return histories (2, 5, 3, C), trust and queries (2, 4, C) of three people in view."""
    generator = torch.Generator().manual_seed(2)
    history = torch.randn(2, 5, 3, CHANNELS, generator=generator, dtype=torch.float64)
    trust = torch.rand(2, 5, 3, generator=generator, dtype=torch.float64) + 0.2
    trust[0, 1, 1:] = 0  # in view, seen once
    trust[1, 4] = 0  # nobody
    queries = torch.randn(2, 4, CHANNELS, generator=generator, dtype=torch.float64)
    return history, trust, queries


def parameters(layer: torch.Tensor | None = None) -> AdapterParameters:
    result = AdapterParameters(statistics())
    if layer is not None:
        with torch.no_grad():
            result.layer.copy_(layer)
    return result


def tracked(
    learned: AdapterParameters, history: torch.Tensor, trust: torch.Tensor, queries: torch.Tensor
) -> tuple[np.ndarray, np.ndarray]:
    """Compare one scene by ``OnlineAdapter``, shown one observation at a time."""
    head = MetaReIDHead(CHANNELS, CHANNELS).double().requires_grad_(False)
    head.weight.copy_(learned.layer)
    head.bias.zero_()
    prior = learned.statistics()
    for name in ('scatter', 'mean', 'count'):
        getattr(head.scatter, name).copy_(getattr(prior, name))
    head.scatter.numbers = prior.numbers
    adapter = OnlineAdapter(head)
    means, before, last, again = [], [], [], []
    for feats, weights in zip(history, trust, strict=True):
        seen = [(f, w) for f, w in zip(feats, weights, strict=True) if w > 0]
        if not seen:
            continue
        mean, known = seen[0]
        earlier = mean
        for feat, weight in seen[1:]:
            adapter.observe(mean[None], known[None], feat[None], weight[None])
            earlier = mean
            mean = (known * mean + weight * feat) / (known + weight)
            known = known + weight
        means.append(mean)
        before.append(earlier)
        last.append(seen[-1][0])
        again.append(len(seen) > 1)
    view = torch.stack(means[:IN_VIEW])
    adapter.fit(view)
    pairs = np.flatnonzero(again[:IN_VIEW])
    seen_before = adapter.similarity(
        torch.stack([before[i] for i in pairs]), None, None, torch.stack([last[i] for i in pairs])
    ).numpy()
    adapter.calibration.observe(seen_before, seen_before.diagonal())
    cosines = adapter.similarity(view, None, None, queries).numpy()
    return cosines, adapter.calibration.likelihood(cosines)


@pytest.mark.parametrize('turned', [False, True])
def test_training_sees_what_the_tracker_does(turned: bool) -> None:
    generator = torch.Generator().manual_seed(3)
    layer = torch.randn(CHANNELS, CHANNELS, generator=generator, dtype=torch.float64)
    learned = parameters(layer if turned else None)
    history, trust, queries = scenes()
    scores = learned(history, trust, queries, IN_VIEW)
    for scene in range(len(history)):
        cosines, likelihood = tracked(learned, history[scene], trust[scene], queries[scene])
        np.testing.assert_allclose(scores.cosines[scene].detach(), cosines, atol=1e-9)
        found = scores.logits[scene].sigmoid().detach()
        np.testing.assert_allclose(found, likelihood, atol=1e-9)


def test_gradients_reach_all_parameters() -> None:
    learned = parameters()
    history, trust, queries = scenes()
    targets = torch.tensor([[0, 2, -1, -100], [1, 0, 2, -1]])
    names = [name for name, _ in learned.named_parameters()]

    def loss(*values: torch.Tensor) -> torch.Tensor:
        replaced = dict(zip(names, values, strict=True))
        scores = torch.func.functional_call(learned, replaced, (history, trust, queries, IN_VIEW))
        return assignment_loss(scores.logits, targets)

    values = tuple(each.detach().clone().requires_grad_() for each in learned.parameters())
    assert torch.autograd.gradcheck(loss, values)
    loss(*values).backward()
    assert all(each.grad.abs().sum() > 0 for each in values)


def test_it_starts_at_what_it_is_given() -> None:
    before, after = statistics(), parameters().statistics()
    assert asdict(after.numbers) == pytest.approx(asdict(before.numbers))
    torch.testing.assert_close(after.mean, before.mean)
    torch.testing.assert_close(after.scatter, before.scatter, rtol=0, atol=2e-4)
    assert after.count == before.count


def test_shares_start_inside_their_range() -> None:
    given = statistics()
    given.numbers = replace(NUMBERS, raw_share=0.0)
    start = AdapterParameters(given).statistics().numbers.raw_share
    assert start == pytest.approx(0.02)


def test_only_what_is_learned_has_gradients() -> None:
    learned = AdapterParameters(statistics(), learn=('scatter',))
    free = [name for name, each in learned.named_parameters() if each.requires_grad]
    assert free == ['factor']


@pytest.mark.parametrize('learn', [(), ('numbers', 'momentum')])
def test_other_parts_are_refused(learn: tuple[str, ...]) -> None:
    with pytest.raises(ValueError, match='must name parts of'):
        AdapterParameters(statistics(), learn)


def test_an_empty_prior_is_refused() -> None:
    with pytest.raises(ValueError, match='fit it to training people first'):
        AdapterParameters(ScatterStatistics(3))


@pytest.mark.parametrize(
    ('numbers', 'message'),
    [
        ({'shrinkage': 0.0}, r'shrinkage=0\.0 must be positive'),
        ({'raw_share': 1.5}, r'raw_share=1\.5 must be in 0\.\.1'),
        ({'prior_weight': -1.0}, r'prior_weight=-1\.0 must be at least 0'),
        ({'same_mean': float('nan')}, 'same_mean=nan must be a finite number'),
    ],
)
def test_numbers_out_of_range_are_refused(numbers: dict[str, float], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        AdapterNumbers(**numbers)
