"""Sampling of tasks without an end."""

from collections.abc import Iterator
from itertools import count

from mmmaml.registry import DATA_SAMPLERS

from .episode_sampler import EpisodeSampler


@DATA_SAMPLERS.register_module()
class InfiniteEpisodeSampler(EpisodeSampler):
    """Epoch after epoch of an :class:`EpisodeSampler`, for training counted in iterations.

    Batches run on over the ends of epochs, and the processes that load them are started once. A
    resumed run goes on at the task where it was, without loading what came before.
    """

    def __iter__(self) -> Iterator[int]:
        """Yield this rank's indices."""
        first, start = divmod(self._start, self.num_samples)
        self.start_at(start)
        for self.epoch in count(first):
            yield from super().__iter__()

    def skip(self, num_samples: int) -> None:
        """Start at a sample of this rank counted from the first epoch on; MMEngine's loop asks."""
        self.start_at(num_samples)

    def set_epoch(self, epoch: int) -> None:
        """Do nothing: epochs follow each other by themselves."""
