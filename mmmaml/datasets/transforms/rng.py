"""Randomness of transforms, without a global generator."""

import numpy as np


def generator(results: dict) -> np.random.Generator:
    """Return the generator that came with an item under ``rng``, or a fresh one.

    With one that was seeded by (seed, epoch, index) an item is the same in every run, whichever
    worker or rank loads it.
    """
    rng = results.get('rng')
    return np.random.default_rng() if rng is None else rng
