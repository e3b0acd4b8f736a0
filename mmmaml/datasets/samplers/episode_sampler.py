"""Sampling of tasks."""

from collections.abc import Iterator
from itertools import islice

from mmengine.dataset import DefaultSampler

from mmmaml.registry import DATA_SAMPLERS


@DATA_SAMPLERS.register_module()
class EpisodeSampler(DefaultSampler):
    """MMEngine's default sampler, telling the dataset the epoch through the index.

    Index ``epoch · len(dataset) + i`` lets :class:`~mmmaml.datasets.EpisodicDataset` draw task i
    anew every epoch as a function of the index alone, whichever worker or rank loads it. Ranks
    share the tasks of an epoch; so that they take equally many, up to ``world_size − 1`` tasks
    come twice.
    """

    _start = 0

    def start_at(self, samples: int) -> None:
        """Leave the first samples of this rank out of the next epoch, once."""
        self._start = samples

    def __iter__(self) -> Iterator[int]:
        """Yield this rank's indices of the current epoch."""
        first = self.epoch * len(self.dataset)
        start, self._start = self._start, 0
        return (first + index for index in islice(super().__iter__(), start, None))
