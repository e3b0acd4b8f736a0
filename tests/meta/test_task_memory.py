import pytest
import torch
from torch.nn import functional as F

from mmmaml.meta import TaskMemory, linear_inner_loop, task_cross_entropy

M, K, C, D, N, P = 6, 3, 8, 4, 5, 7
LR, SCALE = 0.25, 3.0


@pytest.fixture
def tasks():
    gen = torch.Generator().manual_seed(2)

    def rand(*shape):
        return torch.rand(*shape, generator=gen, dtype=torch.float64)

    return {
        'support': rand(M, K, C),
        'labels': torch.randint(3, (M, K), generator=gen),
        'weight': rand(D, C) - 0.5,
        'bias': rand(D) - 0.5,
        'classifier': rand(3, D) - 0.5,
        'new': rand(N, C),
        'x': rand(N, P, C),
    }


def filled_memory(t, use_bias=True, **kwargs):
    adapted = linear_inner_loop(
        t['support'],
        t['support'][:, :0],
        t['weight'],
        t['bias'] if use_bias else None,
        lambda e: task_cross_entropy(e, t['labels'], t['classifier'], SCALE),
        LR,
        num_steps=2,
    )
    memory = TaskMemory(inner_lr=LR, **kwargs).double()
    memory.add(t['support'], adapted.grads)
    return memory


def explicit_task_params(t, use_bias=True):
    """θ_i of every task by gradient steps on a copy of the weights."""
    weights, biases = [], []
    for i in range(M):
        weight = t['weight'].clone().requires_grad_()
        bias = (t['bias'] if use_bias else torch.zeros(D).double()).clone().requires_grad_()
        for _ in range(2):
            out = t['support'][i] @ weight.T + bias
            loss = F.cross_entropy(
                SCALE * F.normalize(out) @ F.normalize(t['classifier']).T, t['labels'][i]
            )
            g_weight, g_bias = torch.autograd.grad(loss, [weight, bias])
            weight = (weight - LR * g_weight).detach().requires_grad_()
            bias = (bias - LR * g_bias * use_bias).detach().requires_grad_()
        weights.append(weight.detach())
        biases.append(bias.detach())
    return torch.stack(weights), torch.stack(biases)


def explicit_gamma(t):
    """Eq. 6, written out with loops."""
    gamma = torch.zeros(N, M, dtype=torch.float64)
    for n in range(N):
        for i in range(M):
            x, support = t['new'][n], t['support'][i]
            top = sum(float(x @ support[j]) for j in range(K))
            left = sum(float(x @ x) for _ in range(K)) ** 0.5
            right = sum(float(support[j] @ support[j]) for j in range(K)) ** 0.5
            gamma[n, i] = top / (left * right)
    return gamma


def test_similarity_is_equation_6(tasks):
    torch.testing.assert_close(
        filled_memory(tasks).similarity(tasks['new']), explicit_gamma(tasks), rtol=0, atol=1e-12
    )


@pytest.mark.parametrize('use_bias', [True, False])
def test_new_parameters_are_the_weighted_mean_of_explicitly_adapted_ones(tasks, use_bias):
    memory = filled_memory(tasks, use_bias)
    bias = tasks['bias'] if use_bias else None
    weights, biases = explicit_task_params(tasks, use_bias)
    gamma = explicit_gamma(tasks)
    shares = gamma / gamma.sum(1, keepdim=True)
    expected_weight = torch.einsum('nm,mdc->ndc', shares, weights)
    expected_bias = shares @ biases
    expected = tasks['x'] @ expected_weight.mT + expected_bias[:, None] * use_bias

    weight, new_bias = memory.adapted_params(tasks['new'], tasks['weight'], bias)
    torch.testing.assert_close(weight, expected_weight, rtol=0, atol=1e-10)
    if use_bias:
        torch.testing.assert_close(new_bias, expected_bias, rtol=0, atol=1e-10)
    got = memory.embed(tasks['new'], tasks['x'], tasks['weight'], bias)
    torch.testing.assert_close(got, expected, rtol=0, atol=1e-10)


def test_displacements_mix_to_the_same_embeddings(tasks):
    memory, shared = filled_memory(tasks), tasks['x'][0]
    mixed = torch.einsum(
        'nm,mpd->npd', memory.blend_weights(tasks['new']), memory.displacements(shared, True)
    ) + F.linear(shared, tasks['weight'], tasks['bias'])
    expected = memory.embed(tasks['new'], shared.expand(N, -1, -1), tasks['weight'], tasks['bias'])
    torch.testing.assert_close(mixed, expected, rtol=0, atol=1e-12)


def test_top_m_and_temperature(tasks):
    gamma = explicit_gamma(tasks)
    best = gamma.topk(2, dim=1)
    expected = torch.zeros_like(gamma).scatter(
        1, best.indices, best.values / best.values.sum(1, keepdim=True)
    )
    got = filled_memory(tasks, top_m=2).blend_weights(tasks['new'])
    torch.testing.assert_close(got, expected, rtol=0, atol=1e-12)

    got = filled_memory(tasks, top_m=2, temperature=0.1).blend_weights(tasks['new'])
    expected = torch.zeros_like(gamma).scatter(1, best.indices, (best.values / 0.1).softmax(1))
    torch.testing.assert_close(got, expected, rtol=0, atol=1e-12)


def test_memory_that_does_not_help_falls_back_to_theta(tasks):
    plain = F.linear(tasks['x'], tasks['weight'], tasks['bias'])
    empty = TaskMemory().double()
    args = (tasks['weight'], tasks['bias'])
    assert empty.similarity(tasks['new']).shape == (N, 0)
    torch.testing.assert_close(empty.embed(tasks['new'], tasks['x'], *args), plain)
    weight, bias = empty.adapted_params(tasks['new'], *args)
    torch.testing.assert_close(weight, tasks['weight'].expand(N, -1, -1))
    torch.testing.assert_close(bias, tasks['bias'].expand(N, -1))

    memory = filled_memory(tasks)  # λ <= 0: the opposite of every task, and a zero feature
    for new in (-tasks['new'], torch.zeros_like(tasks['new'])):
        assert not memory.blend_weights(new).any()
        torch.testing.assert_close(memory.embed(new, tasks['x'], *args), plain, rtol=0, atol=1e-12)


def test_content_travels_with_the_state_dict(tasks, tmp_path):
    memory = filled_memory(tasks)
    torch.save(memory.state_dict(), tmp_path / 'memory.pth')
    loaded = TaskMemory().double()
    loaded.load_state_dict(torch.load(tmp_path / 'memory.pth', weights_only=True))
    assert len(loaded) == M
    assert loaded.inner_lr == LR
    args = (tasks['new'], tasks['x'], tasks['weight'], tasks['bias'])
    assert torch.equal(loaded.embed(*args), memory.embed(*args))


def test_add_is_bounded_and_checked(tasks):
    memory = filled_memory(tasks, max_tasks=M + 1)
    with pytest.raises(ValueError, match=f'{M} \\+ 2 tasks exceed max_tasks={M + 1}'):
        memory.add(tasks['support'][:2], torch.zeros(2, K, D))
    with pytest.raises(ValueError, match='do not fit'):
        memory.add(torch.zeros(1, K, C + 1), torch.zeros(1, K, D))
    with pytest.raises(ValueError, match='expected support'):
        memory.add(torch.zeros(1, K, C), torch.zeros(1, K + 1, D))
    with pytest.raises(ValueError, match='not finite'):
        memory.add(torch.full((1, K, C), torch.nan), torch.zeros(1, K, D))
    memory.clear()
    assert len(memory) == 0
    memory.add(torch.zeros(1, 2, 3), torch.zeros(1, 2, 5))
    assert len(memory) == 1


@pytest.mark.parametrize(
    'kwargs', [{'max_tasks': 0}, {'top_m': 0}, {'temperature': 0.0}, {'temperature': -1.0}]
)
def test_arguments_out_of_range(kwargs):
    with pytest.raises(ValueError, match=str(next(iter(kwargs)))):
        TaskMemory(**kwargs)


def test_a_task_filled_up_with_zeros_is_the_task_without_them(tasks):
    memory = filled_memory(tasks)
    support, grads = (
        F.pad(each, (0, 0, 0, 2)) for each in (memory.support.double(), memory.grads.double())
    )
    filled = TaskMemory(inner_lr=LR).double()
    filled.add(support, grads)
    gamma = memory.similarity(tasks['new'])
    torch.testing.assert_close(filled.similarity(tasks['new']), gamma, rtol=0, atol=1e-12)
    params = tasks['weight'], tasks['bias']
    torch.testing.assert_close(
        filled.embed(tasks['new'], tasks['x'], *params),
        memory.embed(tasks['new'], tasks['x'], *params),
        rtol=0,
        atol=1e-12,
    )
