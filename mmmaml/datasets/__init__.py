from .episodic_dataset import EpisodicDataset
from .samplers import EpisodeSampler

__all__ = ['EpisodeSampler', 'EpisodicDataset']
