"""Datasets, and the files that they are made from.

Reading and checking files needs no torch, so the components are imported when they are named;
:mod:`.registration` registers them all.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .concat_frame_dataset import ConcatFrameDataset
    from .conversion import convert_mot
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
    'convert_mot',
]


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f'module {__name__!r} has no attribute {name!r}')
    from importlib import import_module

    room = 'conversion' if name == 'convert_mot' else 'registration'
    return getattr(import_module(f'.{room}', __name__), name)
