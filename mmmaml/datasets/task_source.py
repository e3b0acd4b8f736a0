"""What tasks are made of: crops of people, or the frames that people are in."""

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
        """``rng`` of one image, and ``task_rng``, in the same state for all images of the task.

        To be used up before those of the next image: ``task_rng`` is set back for that one.
        """
        task_rng, state = self._of_task
        task_rng.bit_generator.state = state
        own = np.random.PCG64(np.random.SeedSequence((self.seed, 1, self.index, slot)))
        return {'rng': np.random.Generator(own), 'task_rng': task_rng}

    @cached_property
    def _of_task(self) -> tuple[np.random.Generator, dict]:
        task_rng = np.random.default_rng((self.seed, 2, self.index))
        return task_rng, dict(task_rng.bit_generator.state)


class TaskSource(Protocol):
    """Draws and loads the tasks of :class:`EpisodicDataset`.

    Attributes:
        index: Who is in which frame; the task of every identity in it is drawn once an epoch.
        num_identities: Classes of a classifier over all identities, which labels are within.
    """

    index: EpisodeIndex
    num_identities: int

    def draw(self, anchor: int, rng: np.random.Generator) -> Any:
        """The task of one identity: ``identities`` that are in it, and ``items`` to load."""

    def load(self, task: Any, rng: TaskRandomness, pipeline: Pipeline | None) -> dict[str, Any]:
        """``inputs`` and ``data_samples`` of a task; the dataset's own pipeline by default."""

    def __str__(self) -> str:
        """What a task is, for the log."""
