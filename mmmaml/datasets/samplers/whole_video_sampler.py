"""Videos that each rank tests."""

from collections.abc import Iterator

import numpy as np
from mmdet.datasets import BaseVideoDataset
from mmengine.dist import get_dist_info
from torch.utils.data import Sampler

from mmmaml.registry import DATA_SAMPLERS


@DATA_SAMPLERS.register_module()
class WholeVideoSampler(Sampler):
    """Sampler of whole videos, frames in their order, the videos spread evenly over the ranks.

    In place of mmdet's ``TrackImgSampler`` in testing: there may be more ranks than videos (those
    that get none wait for the others), and videos are spread by their number of frames, longest
    first, so that ranks end about together.

    Args:
        dataset: A video dataset of mmdet.
        seed: Of no meaning; MMEngine gives one to every sampler.

    Raises:
        TypeError: The dataset is no video dataset.
    """

    def __init__(self, dataset: BaseVideoDataset, seed: int | None = None) -> None:
        if not isinstance(dataset, BaseVideoDataset):
            raise TypeError(
                f'WholeVideoSampler needs a video dataset of mmdet, got a {type(dataset).__name__}'
            )
        rank, world_size = get_dist_info()
        lengths = [dataset.get_len_per_video(video) for video in range(len(dataset))]
        self.indices = [
            (video, frame)
            for video in spread_videos(lengths, world_size)[rank]
            for frame in range(lengths[video])
        ]

    def __iter__(self) -> Iterator[tuple[int, int]]:
        """Yield (video, frame), a video after the other."""
        return iter(self.indices)

    def __len__(self) -> int:
        """Return the number of frames of this rank."""
        return len(self.indices)


def spread_videos(lengths: list[int], ranks: int) -> list[list[int]]:
    """Return the videos of each rank: the longest left goes to the rank with the fewest frames.

    Args:
        lengths: Frames of each video.
        ranks: Number of ranks.

    Returns:
        For each rank the indices of its videos, ascending; of none an empty list.
    """
    videos: list[list[int]] = [[] for _ in range(ranks)]
    frames = np.zeros(ranks, np.int64)
    for video in np.argsort(-np.asarray(lengths, np.int64), kind='stable'):
        rank = int(frames.argmin())
        videos[rank].append(int(video))
        frames[rank] += lengths[video]
    return [sorted(each) for each in videos]
