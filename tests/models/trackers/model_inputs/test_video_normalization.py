"""Against torch's own batch normalisation on the crops of the video."""

import copy

import pytest
import torch
from torch import nn

from mmmaml.models.trackers.model_inputs.video_normalization import VideoNormalization


@pytest.fixture
def network():
    torch.manual_seed(0)
    net = nn.Sequential(
        nn.Conv2d(3, 6, 3), nn.BatchNorm2d(6), nn.ReLU(), nn.Conv2d(6, 4, 3), nn.BatchNorm2d(4)
    ).double()
    for layer in (net[1], net[4]):
        layer.running_mean.uniform_(-1, 1)
        layer.running_var.uniform_(0.5, 2)
        nn.init.uniform_(layer.weight, 0.5, 1.5)
    return net.eval()


@pytest.fixture
def crops():
    gen = torch.Generator().manual_seed(1)
    return 3 + 2 * torch.randn(12, 3, 9, 7, generator=gen, dtype=torch.float64)


def test_without_prior_it_is_the_normalisation_of_the_batch(network, crops):
    expected = copy.deepcopy(network).train()(crops)
    with VideoNormalization(prior_weight=0.0).applied_to(network):
        got = network(crops)
    torch.testing.assert_close(got, expected, rtol=0, atol=1e-4)


def test_statistics_are_those_of_all_crops_and_the_prior(network, crops):
    layer = network[1]
    normalization = VideoNormalization(prior_weight=5.0)
    inputs = network[0](crops)
    with normalization.applied_to(layer):
        layer(inputs[:4])
        got = layer(inputs[4:])
    # A sample of 5 crops with the moments of training, and the 12 of the video.
    values = inputs.transpose(0, 1).flatten(1)
    mean = (5 * layer.running_mean + 12 * values.mean(1)) / 17
    square = 5 * (layer.running_var + layer.running_mean**2) + 12 * values.square().mean(1)
    variance = square / 17 - mean**2
    expected = (inputs[4:] - mean[:, None, None]) / (variance[:, None, None] + layer.eps).sqrt()
    expected = expected * layer.weight[:, None, None] + layer.bias[:, None, None]
    torch.testing.assert_close(got, expected, rtol=0, atol=1e-5)


def test_statistics_are_final_after_enough_crops(network, crops):
    normalization = VideoNormalization(num_crops=6)
    with normalization.applied_to(network):
        network(crops[:6])
        before = network(crops[6:])
        network(100 + crops)
        after = network(crops[6:])
    assert torch.equal(before, after)
    normalization.reset()
    with normalization.applied_to(network):
        assert not torch.equal(network(crops[6:]), before)


def test_the_network_stays_as_it_was(network, crops):
    state = copy.deepcopy(network.state_dict())
    plain = network(crops)
    normalization = VideoNormalization()
    with normalization.applied_to(network):
        assert not torch.allclose(network(crops), plain)
    assert torch.equal(network(crops), plain)
    assert all(torch.equal(value, state[name]) for name, value in network.state_dict().items())
    with pytest.raises(RuntimeError), normalization.applied_to(network):
        network(crops[:, :2])
    assert torch.equal(network(crops), plain)


def test_layers_that_are_trained_or_have_no_statistics_are_left_alone(network, crops):
    network[4] = nn.BatchNorm2d(4, track_running_stats=False).double().eval()
    network[1].train()
    expected = copy.deepcopy(network)(crops)
    with VideoNormalization().applied_to(network):
        assert torch.equal(network(crops), expected)


def test_half_precision_stays_half_precision(network, crops):
    network, crops = network.bfloat16(), crops.bfloat16()
    with VideoNormalization().applied_to(network):
        assert network(crops).dtype == torch.bfloat16


@pytest.mark.parametrize('kwargs', [{'prior_weight': -1.0}, {'num_crops': 0}])
def test_arguments_out_of_range(kwargs):
    with pytest.raises(ValueError, match='at least'):
        VideoNormalization(**kwargs)
