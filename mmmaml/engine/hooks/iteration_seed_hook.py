"""Randomness that a resumed run draws as the uninterrupted one does."""

import numpy as np
from mmengine.hooks import Hook
from mmengine.runner import Runner, set_random_seed

from mmmaml.registry import HOOKS


@HOOKS.register_module()
class IterationSeedHook(Hook):
    """Seeds of Python, NumPy and torch in every iteration, by (seed, iteration, rank).

    Then what the network draws, as dropout does, depends on nothing that was drawn before: not on
    where the run was resumed, nor on validations in between. Tasks and augmentation take no part
    in it: they follow from their index.
    """

    priority = 'VERY_HIGH'

    def before_train_iter(
        self, runner: Runner, batch_idx: int, data_batch: dict | None = None
    ) -> None:
        """Seed the iteration."""
        state = np.random.SeedSequence((runner.seed, runner.iter)).generate_state(1)
        set_random_seed(int(state[0]) % 2**31, diff_rank_seed=True)
