"""Identities at cells, and the loss of correlations by hand."""

import math

import torch

from mmmaml.models.dense_heads.correlation_loss import (
    BACKGROUND,
    UNKNOWN,
    CorrelationLoss,
    identity_map,
)
from mmmaml.models.dense_heads.uncertainty_weights import UncertaintyWeight


def softplus(x: float) -> float:
    return math.log1p(math.exp(x))


def test_identities_at_cells_by_hand() -> None:
    bboxes = torch.tensor([[0.0, 0, 16, 16], [8, 0, 24, 20], [0, 8, 8, 16]])
    labels = identity_map(bboxes, torch.tensor([0, 0, 1]), torch.tensor([3, 5, -1]), (3, 6, 6), 4)
    b, u = BACKGROUND, UNKNOWN
    # Of box 3 the middle is rows and columns 1 and 2; box 5 reaches lower, so is in front.
    assert labels[0].tolist() == [
        [u, u, u, u, u, u],
        [u, 3, u, 5, 5, u],
        [u, 3, u, 5, 5, u],
        [u, u, u, 5, 5, u],
        [b, b, u, u, u, u],
        [b, b, b, b, b, b],
    ]
    assert labels[1, 2:4, :2].eq(u).all()  # nobody knows who
    assert labels[1].eq(u).sum() == 4
    assert labels[2].eq(b).all()


def test_a_box_smaller_than_a_cell_has_the_cell_of_its_centre() -> None:
    bboxes = torch.tensor([[9.0, 5.0, 11.0, 7.0]])
    labels = identity_map(bboxes, torch.tensor([0]), torch.tensor([2]), (1, 3, 4), 4)
    assert (labels == 2).nonzero().tolist() == [[0, 1, 2]]


def test_the_loss_by_hand() -> None:
    """Two frames of a row of four cells; the second is correlated with itself and the first."""
    labels = torch.tensor([[[1, UNKNOWN, 2, BACKGROUND]], [[BACKGROUND, 1, 2, UNKNOWN]]])
    gen = torch.Generator().manual_seed(0)
    volume = torch.rand(1, 2, 9, 1, 4, generator=gen) * 2 - 1
    frames, valid = torch.tensor([[1, 0]]), torch.tensor([[True, True]])
    loss = CorrelationLoss()
    value, counted = loss([volume], [labels], frames, valid)
    assert counted

    def term(reference: int, step: int, cell: int, sign: int) -> float:
        cosine = volume[0, reference, 4 + step, 0, cell].item()
        return softplus(-sign * (cosine - 0.5) / 0.1)

    # Cells 1 and 2 have somebody; in its own frame a cell is not compared with itself.
    same = [term(1, -1, 1, 1), term(1, 0, 2, 1)]
    others = [term(0, -1, 1, -1), term(0, 1, 1, -1), term(0, -1, 2, -1)]
    others += [term(1, 1, 1, -1), term(1, 1, 2, -1)]
    expected = 0.5 * (sum(same) / len(same) + sum(others) / len(others))
    torch.testing.assert_close(value.item(), expected, rtol=1e-5, atol=1e-6)
    # A level without pairs does not count, and a reference that is not valid has none.
    nobody = torch.full_like(labels, BACKGROUND)
    both, _ = loss([volume, volume], [labels, nobody], frames, valid)
    torch.testing.assert_close(both, value)
    own, _ = loss([volume], [labels], frames, torch.tensor([[True, False]]))
    torch.testing.assert_close(own.item(), 0.5 * sum(others[:3]) / 3, rtol=1e-5, atol=1e-6)


def test_without_people_there_is_no_loss_and_its_weight_rests() -> None:
    volume = torch.zeros(1, 1, 9, 2, 2, requires_grad=True)
    labels = torch.full((1, 2, 2), BACKGROUND)
    value, counted = CorrelationLoss()(
        [volume], [labels], torch.tensor([[0]]), torch.tensor([[True]])
    )
    assert value == 0
    assert not counted
    weight = UncertaintyWeight(-1.05)
    weight(value, counted).backward()
    assert weight.value.grad == 0
    torch.testing.assert_close(
        UncertaintyWeight(-1.05)(torch.tensor(3.0), torch.tensor(True)).item(),
        0.5 * (math.exp(1.05) * 3 - 1.05),
    )
