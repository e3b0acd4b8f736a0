"""Sampling of tasks."""

from collections.abc import Iterator

from mmengine.dataset import DefaultSampler

from mmmaml.registry import DATA_SAMPLERS


@DATA_SAMPLERS.register_module()
class EpisodeSampler(DefaultSampler):
    """MMEngine's default sampler, telling the dataset the epoch through the index.

    Index ``epoch · len(dataset) + i`` lets :class:`~mmmaml.datasets.EpisodicDataset` draw task i
    anew every epoch as a function of the index alone, whichever worker or rank loads it.
    """

    def __iter__(self) -> Iterator[int]:
        """Yield this rank's indices of the current epoch."""
        first = self.epoch * len(self.dataset)
        return (first + index for index in super().__iter__())
