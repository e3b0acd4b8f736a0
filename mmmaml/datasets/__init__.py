from .concat_frame_dataset import ConcatFrameDataset
from .episodic_dataset import EpisodicDataset
from .mot_crop_dataset import MOTCropDataset
from .mot_frame_dataset import MOTFrameDataset
from .mot_to_coco import convert_mot
from .samplers import EpisodeSampler, InfiniteEpisodeSampler, WholeVideoSampler

__all__ = [
    'ConcatFrameDataset',
    'EpisodeSampler',
    'EpisodicDataset',
    'InfiniteEpisodeSampler',
    'MOTCropDataset',
    'MOTFrameDataset',
    'WholeVideoSampler',
    'convert_mot',
]
