from .episodic_dataset import EpisodicDataset
from .mot_crop_dataset import MOTCropDataset
from .mot_to_coco import convert_mot
from .samplers import EpisodeSampler

__all__ = ['EpisodeSampler', 'EpisodicDataset', 'MOTCropDataset', 'convert_mot']
