import math

import pytest
import torch

from mmmaml.models.dense_heads.uncertainty_weights import UncertaintyWeights


def test_the_weights_are_those_of_the_formula() -> None:
    detection, identity, balance = UncertaintyWeights()(torch.tensor(True))
    assert math.isclose(detection.item(), 0.5 * math.exp(1.85), rel_tol=1e-6)
    assert math.isclose(identity.item(), 0.5 * math.exp(1.05), rel_tol=1e-6)
    assert math.isclose(balance.item(), 0.5 * (-1.85 - 1.05), rel_tol=1e-6)


def test_at_the_minimum_a_loss_is_the_exponential_of_its_weight() -> None:
    weights = UncertaintyWeights(math.log(0.7), math.log(3.0))
    detection, identity, balance = weights(torch.tensor(True))
    (detection * 0.7 + identity * 3.0 + balance).backward()
    assert abs(weights.detection.grad.item()) < 1e-6
    assert abs(weights.identity.grad.item()) < 1e-6


def test_without_identities_their_weight_rests() -> None:
    weights = UncertaintyWeights()
    detection, identity, balance = weights(torch.tensor(False))
    assert identity == 0
    assert math.isclose(balance.item(), -0.5 * 1.85, rel_tol=1e-6)
    (detection * 2 + identity * 5 + balance).backward()
    assert weights.identity.grad == 0
    assert weights.detection.grad != 0


@pytest.mark.parametrize('name', ['counting', 'graph'])
def test_a_further_loss_has_a_weight_of_its_own(name: str) -> None:
    weights = UncertaintyWeights(**{name: -0.5})
    _, _, balance = weights(torch.tensor(True))
    assert math.isclose(balance.item(), 0.5 * (-1.85 - 1.05 - 0.5), rel_tol=1e-6)
    further = weights.further_weight(name)
    assert math.isclose(further.item(), 0.5 * math.exp(0.5), rel_tol=1e-6)
    (balance + further * math.exp(-0.5)).backward()
    assert abs(getattr(weights, name).grad.item()) < 1e-6
    assert f'{name}' in weights.state_dict()


def test_a_further_weight_needs_a_start() -> None:
    with pytest.raises(ValueError, match=r'UncertaintyWeights\(graph=-1.05\)'):
        UncertaintyWeights(counting=-1.05).further_weight('graph')
