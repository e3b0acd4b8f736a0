"""All components of the room, whose import registers them."""

from . import transforms
from .concat_frame_dataset import ConcatFrameDataset
from .episodic_dataset import EpisodicDataset
from .mot_crop_dataset import MOTCropDataset
from .mot_frame_dataset import MOTFrameDataset
from .mot_video_dataset import MOTVideoDataset
from .people.person_folder_dataset import PersonFolderDataset
from .samplers import EpisodeSampler, InfiniteEpisodeSampler, WholeVideoSampler
from .tracking.tracking_episodes import TrackingEpisodes

__all__ = [
    'ConcatFrameDataset',
    'EpisodeSampler',
    'EpisodicDataset',
    'InfiniteEpisodeSampler',
    'MOTCropDataset',
    'MOTFrameDataset',
    'MOTVideoDataset',
    'PersonFolderDataset',
    'TrackingEpisodes',
    'WholeVideoSampler',
    'transforms',
]
