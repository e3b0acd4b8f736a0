"""The numbers that an iteration draws follow from the iteration."""

import random

import numpy as np
import pytest
import torch
from mmengine.hooks import Hook
from torch import nn

from ..runs import assert_same_state, gone_on, train, two_batches_on


class Draws(Hook):
    """Keeps what each generator would draw in an iteration, and drops out parts of the input."""

    def __init__(self):
        self.drawn = {}

    def before_train(self, runner):
        backbone = runner.model.backbone
        backbone.register_forward_pre_hook(lambda _, crops: nn.functional.dropout(crops[0], 0.3))

    def after_train_iter(self, runner, *args, **kwargs):
        self.drawn[runner.iter] = (random.random(), np.random.rand(), torch.rand(()).item())


def draws_of(cfg):
    hook = Draws()
    return train(cfg, hook), hook.drawn


def test_dropout_goes_on_as_if_the_run_had_not_been_left(tmp_path):
    whole, drawn = draws_of(two_batches_on(tmp_path / 'a'))
    resumed, again = draws_of(gone_on(tmp_path / 'b', tmp_path / 'a' / 'iter_4.pth'))
    assert again == {i: values for i, values in drawn.items() if i >= 4}
    assert len(set(drawn.values())) == 10
    assert_same_state(resumed, whole)


def test_without_the_hook_it_does_not(tmp_path):
    hooks = {**two_batches_on(tmp_path).default_hooks, 'iteration_seed': None}
    _, drawn = draws_of(two_batches_on(tmp_path / 'a', default_hooks=hooks))
    path = tmp_path / 'a' / 'iter_4.pth'
    _, again = draws_of(gone_on(tmp_path / 'b', path, default_hooks=hooks))
    assert again[4] != drawn[4]


@pytest.mark.parametrize(('seed', 'rank'), [(1, 0), (0, 1)])
def test_seeds_and_ranks_draw_other_numbers(tmp_path, monkeypatch, seed, rank):
    _, drawn = draws_of(two_batches_on(tmp_path / 'a'))
    monkeypatch.setattr('mmengine.runner.utils.get_rank', lambda: rank)
    _, other = draws_of(two_batches_on(tmp_path / 'b', randomness={'seed': seed}))
    assert not set(drawn.values()) & set(other.values())
