"""Randomness of transforms, without a global generator."""

import numpy as np


def generator(results: dict, of_task: bool = False) -> np.random.Generator:
    """Return the generator that came with an item, or a fresh one.

    With one that was seeded by (seed, epoch, index) an item is the same in every run, whichever
    worker or rank loads it.

    Args:
        results: Of the item; the generators are under ``rng`` and ``task_rng``.
        of_task: Take ``task_rng``, which is in the same state for all images of a task.
    """
    rng = results.get('task_rng' if of_task else 'rng')
    return np.random.default_rng() if rng is None else rng
