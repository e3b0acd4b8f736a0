from .episode_sampler import EpisodeSampler
from .infinite_episode_sampler import InfiniteEpisodeSampler
from .whole_video_sampler import WholeVideoSampler

__all__ = ['EpisodeSampler', 'InfiniteEpisodeSampler', 'WholeVideoSampler']
