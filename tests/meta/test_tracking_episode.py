"""Running sums over histories, and the loss of who is who, against explicit loops."""

import numpy as np
import pytest
import torch

from mmmaml.meta import ABSENT, NOBODY, assignment_errors, assignment_loss, running_sums


def histories(seed: int = 0) -> tuple[torch.Tensor, torch.Tensor]:
    """Return observations (2, 3, 4, 5) and trust; one person is seen once, one not at all."""
    generator = torch.Generator().manual_seed(seed)
    history = torch.randn(2, 3, 4, 5, generator=generator, dtype=torch.float64)
    trust = torch.rand(2, 3, 4, generator=generator, dtype=torch.float64) + 0.1
    trust[0, 1, 1:] = 0
    trust[1, 2] = 0
    trust[0, 2, 3:] = 0
    return history, trust


def test_sums_are_those_about_the_weighted_mean() -> None:
    history, trust = histories()
    sums = running_sums(history, trust)
    for scene, person in np.ndindex(2, 3):
        weights = trust[scene, person].numpy()
        seen = weights > 0
        feats = history[scene, person].numpy()[seen]
        if not len(feats):
            assert sums.weight[scene, person] == 0
            assert sums.deviations[scene, person].abs().sum() == 0
            continue
        weights = weights[seen]
        mean = np.average(feats, axis=0, weights=weights)
        apart = feats - mean
        rows = sums.deviations[scene, person].numpy()
        np.testing.assert_allclose(rows.T @ rows, (apart.T * weights) @ apart, atol=1e-12)
        np.testing.assert_allclose(sums.mean[scene, person].numpy(), mean, atol=1e-12)
        assert sums.weight[scene, person] == pytest.approx(weights.sum())
        assert sums.freedom[scene, person] == pytest.approx(weights[1:].sum())
        assert bool(sums.repeated[scene, person]) == (len(feats) > 1)
        np.testing.assert_array_equal(sums.last[scene, person].numpy(), feats[-1])
        if len(feats) > 1:
            before = np.average(feats[:-1], axis=0, weights=weights[:-1])
            np.testing.assert_allclose(sums.before[scene, person].numpy(), before, atol=1e-12)


def test_gradients_go_through_the_sums() -> None:
    history, trust = histories()

    def outputs(each: torch.Tensor) -> tuple[torch.Tensor, ...]:
        sums = running_sums(each, trust)
        return sums.mean, sums.deviations, sums.before

    assert torch.autograd.gradcheck(outputs, history.requires_grad_())


def test_the_loss_counts_nobody_as_a_choice_and_leaves_out_who_is_absent() -> None:
    logits = torch.tensor([[[2.0, -1, 0, 5], [0.5, 3, -2, 5]]], dtype=torch.float64)
    targets = torch.tensor([[0, 1, NOBODY, ABSENT]])
    columns = [np.append(logits[0, :, query].numpy(), 0.0) for query in range(3)]
    expected = [
        np.log(np.exp(column).sum()) - column[wanted]
        for column, wanted in zip(columns, (0, 1, 2), strict=True)
    ]
    assert float(assignment_loss(logits, targets)) == pytest.approx(np.mean(expected))


def test_errors_are_counted_with_and_without_nobody() -> None:
    #         right  wrong  refused  newcomer taken  newcomer refused  absent
    rows = [[[1.0, -1, -1, 2, -1, 9], [0.0, 2, -2, 0, -1, 9]]]
    targets = torch.tensor([[0, 0, 0, NOBODY, NOBODY, ABSENT]])
    person, choice = assignment_errors(torch.tensor(rows), targets)
    assert float(person) == pytest.approx(1 / 3)
    assert float(choice) == pytest.approx(3 / 5)
