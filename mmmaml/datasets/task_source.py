"""Material of tasks: crops of people, or the frames that people are in."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Protocol

import numpy as np

from .episode_index import EpisodeIndex

Pipeline = Callable[[dict], dict | None]


@dataclass(frozen=True)
class TaskRandomness:
    """Generators of one task, each a function of (seed, index) and of its place alone."""

    seed: int
    index: int

    def of_image(self, slot: int) -> dict[str, np.random.Generator]:
        """Return ``rng`` of one image, and ``task_rng``, in the same state for all of the task.

        To be used up before those of the next image, for which the same two are set anew: that
        takes a tenth of the time of making them.
        """
        own, of_task = self._bits
        own.state, of_task.state = self._states
        own.advance(slot << 64)  # far more than an image draws
        return dict(zip(('rng', 'task_rng'), self._generators, strict=True))

    def of_whole_task(self) -> np.random.Generator:
        """Return a generator for transforms of all images together."""
        return np.random.Generator(np.random.PCG64((self.seed, 3, self.index)))

    @cached_property
    def _bits(self) -> list[np.random.PCG64]:
        return [np.random.PCG64((self.seed, which, self.index)) for which in (1, 2)]

    @cached_property
    def _generators(self) -> list[np.random.Generator]:
        return [np.random.Generator(each) for each in self._bits]

    @cached_property
    def _states(self) -> list[Any]:
        return [each.state for each in self._bits]


class TaskSource(Protocol):
    """Source that draws and loads the tasks of :class:`EpisodicDataset`.

    Attributes:
        index: Identities in each frame; the task of every identity in it is drawn once an epoch.
        num_identities: Classes of a classifier over all identities, which labels are within.
    """

    index: EpisodeIndex
    num_identities: int

    def draw(self, anchor: int, rng: np.random.Generator) -> Any:
        """Draw the task of one identity: ``identities`` in it, and ``items`` to load."""

    def load(self, task: Any, rng: TaskRandomness, pipeline: Pipeline | None) -> dict[str, Any]:
        """Load ``inputs`` and ``data_samples``, by the dataset's own pipeline by default."""

    def __str__(self) -> str:
        """Return the kind of task in words, for the log."""
