"""The aggregation written out map by map, and its convolutions."""

import copy
import sys
from pathlib import Path

import pytest
import torch
from mmengine.runner import load_checkpoint
from torch import Tensor, nn
from torch.nn import functional as F

from mmmaml.models import DLAUp
from mmmaml.models.necks.deformable_conv import DeformableConv
from mmmaml.models.necks.dla_up import _Enlarge

WIDTHS = (4, 6, 8, 10)


def maps(dtype: torch.dtype = torch.float64) -> list[Tensor]:
    gen = torch.Generator().manual_seed(0)
    sizes = [(16, 24), (8, 12), (4, 6), (2, 3)]
    return [
        torch.randn(2, c, *s, generator=gen, dtype=dtype)
        for c, s in zip(WIDTHS, sizes, strict=True)
    ]


def test_four_maps_by_hand() -> None:
    torch.manual_seed(0)
    neck = DLAUp(WIDTHS, upsample_conv='plain').double().eval()
    for parameter in neck.parameters():
        nn.init.normal_(parameter, std=0.3)

    def join(part: nn.Module, i: int, coarse: Tensor, fine: Tensor) -> Tensor:
        return part.nodes[i](part.enlarge[i](part.projections[i](coarse)) + fine)

    s4, s8, s16, s32 = maps()
    first, second, third = neck.steps
    c16 = join(first, 0, s32, s16)
    d8 = join(second, 0, s16, s8)
    c8 = join(second, 1, c16, d8)
    e4 = join(third, 0, s8, s4)
    f4 = join(third, 1, d8, e4)
    c4 = join(third, 2, c8, f4)
    expected = join(neck.merge, 1, c16, join(neck.merge, 0, c8, c4))
    [got] = neck(maps())
    assert got.shape == (2, 4, 16, 24)
    torch.testing.assert_close(got, expected)


def test_two_maps_need_one_merge() -> None:
    neck = DLAUp((4, 6), upsample_conv='plain').double().eval()
    s4, s8 = maps()[:2]
    [part] = neck.steps
    expected = part.nodes[0](part.enlarge[0](part.projections[0](s8)) + s4)
    torch.testing.assert_close(neck([s4, s8])[0], expected)


@pytest.mark.parametrize('factor', [2, 4])
def test_enlarging_starts_bilinear(factor: int) -> None:
    x = torch.randn(1, 3, 5, 6)
    got = _Enlarge(3, factor)(x)
    expected = F.interpolate(x, scale_factor=factor, mode='bilinear')
    inside = (..., slice(factor, -factor), slice(factor, -factor))  # borders are padded with 0
    assert got.shape == expected.shape
    torch.testing.assert_close(got[inside], expected[inside])


@pytest.mark.parametrize('kind', ['dcn', 'plain'])
def test_every_parameter_learns(kind: str) -> None:
    torch.manual_seed(0)
    neck = DLAUp(WIDTHS, upsample_conv=kind).train()
    neck(maps(torch.float32))[0].square().sum().backward()
    assert [n for n, p in neck.named_parameters() if p.grad is None or not p.grad.any()] == []
    assert any('conv_offset' in n for n, _ in neck.named_parameters()) == (kind == 'dcn')


def test_a_deformable_convolution_starts_as_half_an_ordinary_one() -> None:
    """Without offsets and with masks of sigmoid(0)."""
    torch.manual_seed(0)
    conv = DeformableConv(4, 5, 3, padding=1, bias=False)
    x = torch.randn(2, 4, 7, 9)
    torch.testing.assert_close(conv(x), 0.5 * F.conv2d(x, conv.weight, padding=1))


def test_a_deformable_convolution_looks_where_it_is_told() -> None:
    torch.manual_seed(0)
    conv = DeformableConv(4, 5, 3, padding=1, bias=False)
    nn.init.constant_(conv.conv_offset.bias, 1.0)  # all offsets and masks
    x = torch.randn(2, 4, 7, 9)
    moved = F.pad(x, (0, 1, 0, 1))[..., 1:, 1:]  # one pixel to the right and down
    expected = torch.tensor(1.0).sigmoid() * F.conv2d(moved, conv.weight, padding=1)
    inside = (..., slice(1, -2), slice(1, -2))
    torch.testing.assert_close(conv(x)[inside], expected[inside])


@pytest.mark.parametrize('kind', ['dcn', 'plain'])
def test_mixed_precision_and_channels_last(kind: str) -> None:
    torch.manual_seed(0)
    neck = DLAUp(WIDTHS, upsample_conv=kind).eval()
    x = maps(torch.float32)
    [expected] = neck(x)
    neck = neck.to(memory_format=torch.channels_last)
    last = [level.to(memory_format=torch.channels_last) for level in x]
    torch.testing.assert_close(neck(last)[0], expected)
    with torch.autocast('cpu', torch.bfloat16):
        [mixed] = neck(last)
    torch.testing.assert_close(mixed.float(), expected, rtol=0.05, atol=0.05)


def test_wrong_sizes_and_settings_are_named() -> None:
    neck = DLAUp((4, 6), upsample_conv='plain')
    with pytest.raises(ValueError, match=r'\[\(5, 8\), \(2, 4\)\] do not each have half'):
        neck([torch.zeros(1, 4, 5, 8), torch.zeros(1, 6, 2, 4)])
    with pytest.raises(ValueError, match="'dcn' or 'plain', got 'dcn2'"):
        DLAUp((4, 6), upsample_conv='dcn2')
    with pytest.raises(ValueError, match='merges two maps or more'):
        DLAUp((4,))


def test_an_mmcv_without_operators_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, 'mmmaml.models.necks.deformable_conv', None)
    with pytest.raises(ImportError, match="use upsample_conv='plain'"):
        DLAUp((4, 6), upsample_conv='dcn')
    DLAUp((4, 6), upsample_conv='plain')


def test_weights_of_deformable_convolutions_are_no_ordinary_ones(tmp_path: Path) -> None:
    path = tmp_path / 'net.pth'
    trained = nn.ModuleDict({'neck': DLAUp((4, 6), upsample_conv='dcn')})
    torch.save(trained.state_dict(), path)
    load_checkpoint(trained, str(path), strict=True)
    plain = nn.ModuleDict({'neck': DLAUp((4, 6), upsample_conv='plain')})
    before = copy.deepcopy(plain.state_dict())
    with pytest.raises(ValueError, match=r'conv_offset\.weight and others.* train it with'):
        load_checkpoint(plain, str(path))
    assert all(torch.equal(value, before[name]) for name, value in plain.state_dict().items())
