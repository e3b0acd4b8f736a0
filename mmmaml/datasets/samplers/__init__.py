from .episode_sampler import EpisodeSampler

__all__ = ['EpisodeSampler']
