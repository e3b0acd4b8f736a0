"""Local correlation against loops over cells, and the frames that a frame is correlated with."""

import math

import pytest
import torch
from torch import Tensor
from torch.nn import functional as F

from mmmaml.models import LocalCorrelation
from mmmaml.models.necks.correlation_volume import (
    local_average,
    local_correlation,
    neighbours_inside,
)
from mmmaml.models.necks.local_correlation import References, clip_references

RADIUS = 1
STEPS = [(y, x) for y in (-1, 0, 1) for x in (-1, 0, 1)]


def maps(number: int, channels: int = 4, size: tuple[int, int] = (6, 5)) -> Tensor:
    gen = torch.Generator().manual_seed(number)
    return torch.randn(number, channels, *size, generator=gen, dtype=torch.float64)


def neck(**options: object) -> LocalCorrelation:
    torch.manual_seed(0)
    return LocalCorrelation(4, **{'radius': RADIUS, 'levels': 2, **options}).double()


def neighbours(y: int, x: int, size: tuple[int, int]) -> list[tuple[int, int, int]]:
    """Number, row and column of the neighbours of a cell that are in the map."""
    near = [(number, y + dy, x + dx) for number, (dy, dx) in enumerate(STEPS)]
    return [each for each in near if 0 <= each[1] < size[0] and 0 <= each[2] < size[1]]


def cells(size: tuple[int, int]) -> list[tuple[int, int]]:
    return [(y, x) for y in range(size[0]) for x in range(size[1])]


def test_the_correlation_against_a_loop() -> None:
    query, reference = maps(2), maps(3)[:2]
    volume = local_correlation(query, reference, RADIUS)
    expected = torch.zeros(2, 9, 6, 5, dtype=torch.float64)
    for n in range(2):
        for y, x in cells((6, 5)):
            for k, ny, nx in neighbours(y, x, (6, 5)):
                expected[n, k, y, x] = query[n, :, y, x] @ reference[n, :, ny, nx]
    torch.testing.assert_close(volume, expected)
    inside = neighbours_inside((6, 5), RADIUS, query)
    assert inside[:, 0, 0].nonzero().flatten().tolist() == [4, 5, 7, 8]
    assert inside[:, 2, 2].all()


def test_the_average_against_a_loop() -> None:
    weights, values = maps(2, 9), maps(3)[:2]
    expected = torch.zeros(2, 4, 6, 5, dtype=torch.float64)
    for n in range(2):
        for y, x in cells((6, 5)):
            for k, ny, nx in neighbours(y, x, (6, 5)):
                expected[n, :, y, x] += weights[n, k, y, x] * values[n, :, ny, nx]
    torch.testing.assert_close(local_average(weights, values, RADIUS), expected)


def test_the_references_of_clips() -> None:
    frames, valid = clip_references(2, 3, 2, torch.empty(0))
    assert frames.tolist() == [[0, 0, 0], [1, 0, 1], [2, 1, 0], [3, 3, 3], [4, 3, 4], [5, 4, 3]]
    some, all_ = [True, True, False], [True, True, True]
    assert valid.tolist() == [some, some, all_, some, some, all_]
    assert clip_references(1, 2, 0, torch.empty(0)).frames.tolist() == [[0], [1]]


def test_a_level_by_hand() -> None:
    """One level: cosines within the frame, and weights by those with the frames before."""
    model, base = neck(levels=1), maps(3)
    for parameter in model.parameters():
        torch.nn.init.normal_(parameter, std=0.5)
    frames, valid = clip_references(1, 3, 2, base)
    got = model.correlate(base, References(frames[-1:], valid[-1:]))
    [volume] = got.volumes
    assert volume.shape == (1, 3, 9, 6, 5)
    embeds = model.embed[0](base)
    expected = base[2].clone()
    for y, x in cells((6, 5)):
        own = torch.zeros(9, dtype=torch.float64)
        weights, values = [], []
        for reference in (2, 1, 0):
            for k, ny, nx in neighbours(y, x, (6, 5)):
                cosine = F.cosine_similarity(
                    embeds[2, :, y, x], embeds[reference, :, ny, nx], dim=0
                )
                torch.testing.assert_close(volume[0, 2 - reference, k, y, x], cosine)
                if reference == 2:
                    own[k] = cosine
                else:
                    weights.append(math.exp(cosine.item() / 0.1))
                    values.append(base[reference, :, ny, nx])
        mean = sum(w * v for w, v in zip(weights, values, strict=True)) / sum(weights)
        expected[:, y, x] += model.surroundings[0](own[:, None, None])[:, 0, 0]
        expected[:, y, x] += model.aligned[0](mean[:, None, None])[:, 0, 0]
    torch.testing.assert_close(got.maps[0][0], expected)


def test_coarse_levels_reach_further() -> None:
    base = maps(1, size=(12, 12)).requires_grad_()
    for levels, reach in ((1, 1), (2, 4)):
        model = neck(levels=levels, memory=0)
        (grad,) = torch.autograd.grad(model([base])[0][0, :, 6, 6].sum(), base)
        touched = grad.abs().sum((0, 1)).nonzero() - 6
        assert touched.abs().max() >= reach
        assert levels > 1 or touched.abs().max() == 1


def test_a_frame_without_one_before_has_itself() -> None:
    model, base = neck(), maps(2)
    alone = model([base])[0]
    frames = torch.tensor([[0, 0, 0], [1, 1, 1]])
    only_first = torch.tensor([[True, True, False]] * 2)
    torch.testing.assert_close(
        model.correlate(base, References(frames, only_first)).maps[0], alone
    )
    # A reference that is not valid means nothing.
    other = model.correlate(base, References(torch.tensor([[0, 0, 1], [1, 1, 0]]), only_first))
    torch.testing.assert_close(other.maps[0], alone)
    clip = model.correlate(base, clip_references(1, 2, 2, base)).maps[0]
    torch.testing.assert_close(clip[0], alone[0])
    assert not torch.allclose(clip[1], alone[1])


def test_a_moved_copy_is_aligned() -> None:
    """With a low temperature the average is the cell that is alike, one cell to the right."""
    model = neck(levels=1, memory=1, temperature=1e-4)
    torch.nn.init.dirac_(model.embed[0].weight)
    torch.nn.init.zeros_(model.embed[0].bias)
    scene = maps(1, size=(6, 7))
    base = torch.cat([scene[..., :-1], scene[..., 1:]])
    got = model._align(
        base,
        model._volume(0, base, clip_references(1, 2, 1, base)),
        clip_references(1, 2, 1, base),
    )
    torch.testing.assert_close(got[1][..., :-1], base[1][..., :-1], atol=1e-5, rtol=1e-5)


def test_every_parameter_learns_and_odd_maps_pass() -> None:
    model = neck(levels=3).train()
    base = maps(2, size=(7, 9))
    model.init_weights()
    got = model.correlate(base, clip_references(1, 2, 2, base))
    assert got.maps[0].shape == base.shape
    (got.maps[0].square().sum() + sum(each.square().sum() for each in got.volumes)).backward()
    assert [n for n, p in model.named_parameters() if p.grad is None or not p.grad.any()] == []


def test_wrong_options_are_named() -> None:
    with pytest.raises(ValueError, match='radius=0'):
        LocalCorrelation(4, radius=0)
