import pytest
import torch
from torch import nn
from torch.func import functional_call
from torch.nn import functional as F

from mmmaml.meta import (
    batch_statistics_only,
    functional_inner_loop,
    linear_inner_loop,
    select_parameters,
    task_cross_entropy,
)

B, K, Q, C, D, N = 3, 4, 2, 6, 5, 4


@pytest.fixture
def data():
    gen = torch.Generator().manual_seed(1)
    return {
        'support': torch.randn(B, K, C, generator=gen, dtype=torch.float64),
        'query': torch.randn(B, Q, C, generator=gen, dtype=torch.float64),
        'labels': torch.randint(N, (B, K), generator=gen),
        'query_labels': torch.randint(N, (B, Q), generator=gen),
    }


def mlp():
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(C, 8), nn.Tanh(), nn.Linear(8, N)).double()


@pytest.mark.parametrize('first_order', [False, True])
@pytest.mark.parametrize('num_steps', [1, 3])
def test_two_layer_network_equals_a_loop_of_explicit_steps(data, num_steps, first_order):
    net, lr = mlp(), 0.2
    params = dict(net.named_parameters())

    out, _ = functional_inner_loop(
        lambda p, x: functional_call(net, p, (x,)),
        params,
        data['support'],
        data['labels'],
        data['query'],
        F.cross_entropy,
        lr,
        num_steps,
        first_order,
    )
    loss = F.cross_entropy(out.flatten(0, 1), data['query_labels'].flatten())
    got = torch.autograd.grad(loss, list(params.values()))

    outputs = []
    for task in range(B):
        adapted = params
        for _ in range(num_steps):
            support = functional_call(net, adapted, (data['support'][task],))
            inner = F.cross_entropy(support, data['labels'][task])
            grads = torch.autograd.grad(
                inner, list(adapted.values()), create_graph=not first_order
            )
            adapted = {n: v - lr * g for (n, v), g in zip(adapted.items(), grads, strict=True)}
        outputs.append(functional_call(net, adapted, (data['query'][task],)))
    expected_loss = F.cross_entropy(torch.cat(outputs), data['query_labels'].flatten())
    expected = torch.autograd.grad(expected_loss, list(params.values()))

    torch.testing.assert_close(loss, expected_loss, rtol=0, atol=1e-10)
    for a, b in zip(got, expected, strict=True):
        torch.testing.assert_close(a, b, rtol=0, atol=1e-10)


def test_agrees_with_the_kernel_form_on_a_linear_layer(data):
    layer = nn.Linear(C, D).double()
    classifier = torch.randn(N, D, dtype=torch.float64)
    out, before = functional_inner_loop(
        lambda p, x: functional_call(layer, p, (x,)),
        dict(layer.named_parameters()),
        data['support'],
        data['labels'],
        data['query'],
        lambda e, y: task_cross_entropy(e[None], y[None], classifier, 3.0)[0],
        0.2,
        2,
    )
    kernel = linear_inner_loop(
        data['support'],
        data['query'],
        layer.weight,
        layer.bias,
        lambda e: task_cross_entropy(e, data['labels'], classifier, 3.0),
        0.2,
        2,
    )
    torch.testing.assert_close(out, kernel.query_embeds, rtol=0, atol=1e-10)
    torch.testing.assert_close(before, kernel.support_losses, rtol=0, atol=1e-10)


def test_selection_by_name_leaves_normalisation_and_frozen_parameters_out():
    net = nn.Sequential(nn.Linear(2, 2), nn.BatchNorm1d(2), nn.Linear(2, 2))
    net[0].bias.requires_grad_(False)
    assert set(select_parameters(net, '.*')) == {'0.weight', '2.weight', '2.bias'}
    assert set(select_parameters(net, r'2\.')) == {'2.weight', '2.bias'}
    with pytest.raises(ValueError, match=r"no parameter matches 'head'; there are: 0.weight"):
        select_parameters(net, 'head')


def test_running_statistics_are_untouched_and_tracking_comes_back():
    net = nn.Sequential(nn.BatchNorm1d(3)).train()
    before = {k: v.clone() for k, v in net.state_dict().items()}
    x = torch.randn(5, 3) + 4
    with batch_statistics_only(net):
        out = net(x)
    torch.testing.assert_close(out.mean(0), torch.zeros(3), rtol=0, atol=1e-5)
    assert all(torch.equal(v, before[k]) for k, v in net.state_dict().items())
    net(x)
    assert not torch.equal(net[0].running_mean, before['0.running_mean'])
