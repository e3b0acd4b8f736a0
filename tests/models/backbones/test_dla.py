"""DLA-34 against its published size, its public file format and an unrolled forward pass."""

from pathlib import Path

import pytest
import torch
from mmengine.analysis import get_model_complexity_info
from torch import Tensor
from torch.nn import functional as F

from mmmaml.models import DLA

CLASSIFIER = 512 * 1000 + 1000


def public_shapes(width: int = 16) -> dict[str, tuple[int, ...]]:
    """Names and shapes of ``dla34-ba72cf86.pth``, written out level by level."""
    shapes: dict[str, tuple[int, ...]] = {}

    def conv_bn(conv: str, bn: str, out: int, inp: int, size: int) -> None:
        shapes[f'{conv}.weight'] = (out, inp, size, size)
        for name in ('weight', 'bias', 'running_mean', 'running_var'):
            shapes[f'{bn}.{name}'] = (out,)

    def block(name: str, out: int, inp: int) -> None:
        conv_bn(f'{name}.conv1', f'{name}.bn1', out, inp, 3)
        conv_bn(f'{name}.conv2', f'{name}.bn2', out, out, 3)

    def flat(name: str, out: int, inp: int, root: int) -> None:
        block(f'{name}.tree1', out, inp)
        block(f'{name}.tree2', out, out)
        conv_bn(f'{name}.root.conv', f'{name}.root.bn', out, root, 1)
        if inp != out:
            conv_bn(f'{name}.project.0', f'{name}.project.1', out, inp, 1)

    w = width
    conv_bn('base_layer.0', 'base_layer.1', w, 3, 7)
    conv_bn('level0.0', 'level0.1', w, w, 3)
    conv_bn('level1.0', 'level1.1', 2 * w, w, 3)
    flat('level2', 4 * w, 2 * w, 8 * w)
    for level, (out, inp) in {'level3': (8 * w, 4 * w), 'level4': (16 * w, 8 * w)}.items():
        flat(f'{level}.tree1', out, inp, 2 * out)
        flat(f'{level}.tree2', out, out, 3 * out + inp)
        conv_bn(f'{level}.project.0', f'{level}.project.1', out, inp, 1)  # without effect
    flat('level5', 32 * w, 16 * w, 64 * w + 16 * w)
    shapes |= {'fc.weight': (1000, 32 * w, 1, 1), 'fc.bias': (1000,)}
    return shapes


def public_file(path: Path, width: int = 16) -> dict[str, Tensor]:
    gen = torch.Generator().manual_seed(0)
    state = {n: torch.rand(s, generator=gen) for n, s in public_shapes(width).items()}
    torch.save(state, path)
    return state


def test_size_and_operations_are_those_published() -> None:
    model = DLA().eval()
    assert sum(p.numel() for p in model.parameters()) + CLASSIFIER == 15_742_104
    cost = get_model_complexity_info(model, (3, 224, 224), show_table=False, show_arch=False)
    assert cost['flops'] == pytest.approx(3.07e9, rel=0.02)


def test_the_public_file_loads_by_name_and_the_rest_is_reported(
    tmp_path: Path, log_lines: list[str]
) -> None:
    path = tmp_path / 'dla34.pth'
    state = public_file(path, width=4)
    model = DLA(base_channels=4, init_cfg={'type': 'Pretrained', 'checkpoint': str(path)})
    model.init_weights()
    unused = {'fc.weight', 'fc.bias'} | {
        name for name in state if name.startswith(('level3.project', 'level4.project'))
    }
    own = {n: v for n, v in model.state_dict().items() if 'num_batches' not in n}
    assert set(own) == set(state) - unused
    assert all(torch.equal(value, state[name]) for name, value in own.items())
    [report] = [line for line in log_lines if 'entries loaded' in line]
    assert report.startswith(f'DLA: {len(own)} entries loaded')
    assert 'missing: 0' in report
    assert f'unexpected: {len(unused)} (' in report
    assert all(name in report for name in unused)


def test_what_does_not_fit_is_left_as_it_was_and_named(
    tmp_path: Path, log_lines: list[str]
) -> None:
    path = tmp_path / 'part.pth'
    wrong = {'level0.0.weight': torch.zeros(5, 4, 3, 3), 'level0.1.weight': torch.zeros(4)}
    torch.save({'state_dict': {f'base.{n}': v for n, v in wrong.items()}}, path)
    cfg = {'type': 'Pretrained', 'checkpoint': str(path), 'prefix': 'base'}
    model = DLA(base_channels=4, init_cfg=cfg)
    before = model.level0[0].weight.clone()
    model.init_weights()
    assert torch.equal(model.level0[0].weight, before)
    assert not model.level0[1].weight.any()
    [report] = [line for line in log_lines if 'entries loaded' in line]
    assert 'misshapen: 1 (level0.0.weight)' in report
    assert 'base_layer.0.weight' in report.split('unexpected')[0]  # among the missing


def test_a_file_of_another_network_is_refused(tmp_path: Path) -> None:
    path = tmp_path / 'other.pth'
    torch.save({'conv1.weight': torch.zeros(2)}, path)
    model = DLA(base_channels=4, init_cfg={'type': 'Pretrained', 'checkpoint': str(path)})
    with pytest.raises(ValueError, match=r'has nothing for DLA: it holds conv1\.weight'):
        model.init_weights()
    missing = {'type': 'Pretrained', 'checkpoint': str(tmp_path / 'no.pth')}
    with pytest.raises(FileNotFoundError):
        DLA(base_channels=4, init_cfg=missing).init_weights()


def unrolled(state: dict[str, Tensor], x: Tensor) -> list[Tensor]:
    """The forward pass written out, without a tree."""

    def bn(name: str, x: Tensor) -> Tensor:
        parts = [state[f'{name}.{p}'] for p in ('running_mean', 'running_var', 'weight', 'bias')]
        return F.batch_norm(x, *parts)

    def conv(name: str, x: Tensor, stride: int = 1) -> Tensor:
        weight = state[f'{name}.weight']
        return F.conv2d(x, weight, stride=stride, padding=weight.shape[-1] // 2)

    def block(name: str, x: Tensor, residual: Tensor, stride: int = 1) -> Tensor:
        out = bn(f'{name}.bn1', conv(f'{name}.conv1', x, stride)).relu()
        return (bn(f'{name}.bn2', conv(f'{name}.conv2', out)) + residual).relu()

    def root(name: str, *maps: Tensor) -> Tensor:
        return bn(f'{name}.bn', conv(f'{name}.conv', torch.cat(maps, 1))).relu()

    def project(name: str, x: Tensor) -> Tensor:
        return bn(f'{name}.1', conv(f'{name}.0', x))

    for name, stride in {'base_layer': 1, 'level0': 1, 'level1': 2}.items():
        x = bn(f'{name}.1', conv(f'{name}.0', x, stride)).relu()
    pooled = F.max_pool2d(x, 2)
    a = block('level2.tree1', x, project('level2.project', pooled), 2)
    x = root('level2.root', block('level2.tree2', a, a), a)
    outs = [x]
    for level in ('level3', 'level4'):
        pooled = F.max_pool2d(x, 2)
        a = block(f'{level}.tree1.tree1', x, project(f'{level}.tree1.project', pooled), 2)
        first = root(f'{level}.tree1.root', block(f'{level}.tree1.tree2', a, a), a)
        a = block(f'{level}.tree2.tree1', first, first)
        b = block(f'{level}.tree2.tree2', a, a)
        x = root(f'{level}.tree2.root', b, a, pooled, first)
        outs.append(x)
    pooled = F.max_pool2d(x, 2)
    a = block('level5.tree1', x, project('level5.project', pooled), 2)
    outs.append(root('level5.root', block('level5.tree2', a, a), a, pooled))
    return outs


def test_forward_is_the_unrolled_one() -> None:
    torch.manual_seed(0)
    model = DLA(base_channels=4).double().eval()
    for value in model.buffers():
        if value.is_floating_point():
            value.copy_(torch.rand_like(value) + 0.5)
    x = torch.randn(2, 3, 64, 96, dtype=torch.float64)
    expected = unrolled(model.state_dict(), x)
    assert [tuple(o.shape[1:]) for o in expected] == [
        (16, 16, 24),
        (32, 8, 12),
        (64, 4, 6),
        (128, 2, 3),
    ]
    for got, want in zip(model(x), expected, strict=True):
        torch.testing.assert_close(got, want, rtol=0, atol=1e-10)


def test_chosen_maps_alone() -> None:
    model = DLA(base_channels=4, out_indices=(1, 3)).eval()
    assert [o.shape[1] for o in model(torch.randn(1, 3, 32, 32))] == [32, 128]


@pytest.mark.parametrize(
    ('stages', 'frozen'),
    [
        (-1, ()),
        (0, ('base_layer', 'level0', 'level1')),
        (2, ('base_layer', 'level0', 'level1', 'level2', 'level3')),
    ],
)
def test_frozen_stages_neither_learn_nor_follow_the_batch(
    stages: int, frozen: tuple[str, ...]
) -> None:
    model = DLA(base_channels=4, frozen_stages=stages).train()
    before = {n: v.clone() for n, v in model.named_buffers()}
    sum(o.sum() for o in model(torch.randn(2, 3, 32, 32))).backward()
    for name, parameter in model.named_parameters():
        assert (parameter.grad is None) == name.startswith(frozen), name
    for name, value in model.named_buffers():
        if name.endswith('running_mean'):
            assert torch.equal(value, before[name]) == name.startswith(frozen), name


def test_norm_eval_keeps_all_statistics() -> None:
    model = DLA(base_channels=4, norm_eval=True).train()
    before = {n: v.clone() for n, v in model.named_buffers()}
    model(torch.randn(2, 3, 32, 32))
    assert all(torch.equal(v, before[n]) for n, v in model.named_buffers())


def test_impossible_settings_are_refused() -> None:
    with pytest.raises(ValueError, match=r'depth must be one of \[34\], got 50'):
        DLA(depth=50)
    with pytest.raises(ValueError, match=r'out_indices=\(4,\)'):
        DLA(out_indices=(4,))
    with pytest.raises(ValueError, match='images of 64x48 pixels: DLA needs'):
        DLA(base_channels=4)(torch.zeros(1, 3, 48, 64))
