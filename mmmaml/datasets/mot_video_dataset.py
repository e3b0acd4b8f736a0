"""Whole videos of MOTChallenge, to test on, each frame a record of its own."""

import pickle
from collections.abc import Iterable, Sequence
from typing import Any, overload

import numpy as np
from mmdet.datasets import MOTChallengeDataset

from ..registry import DATASETS


class FrameRecords(Sequence):
    """Records of the frames of a video, of which one costs the same however many there are.

    Each is pickled by itself, all in one array: worker processes that were forked share it, and
    what is taken is a copy. Copies of the sequence share the array.

    Args:
        records: Dictionaries, one a frame.
    """

    def __init__(self, records: Iterable[dict]) -> None:
        pickled = [pickle.dumps(record, protocol=pickle.HIGHEST_PROTOCOL) for record in records]
        self._ends = np.cumsum([0, *map(len, pickled)])
        self._bytes = np.frombuffer(b''.join(pickled), np.uint8)

    def __len__(self) -> int:
        return len(self._ends) - 1

    @overload
    def __getitem__(self, item: int) -> dict: ...
    @overload
    def __getitem__(self, item: slice) -> list[dict]: ...
    def __getitem__(self, item: int | slice) -> 'dict | list[dict]':
        """Return the record of a frame, or a list of those of some frames, made anew."""
        if isinstance(item, slice):
            return [self[each] for each in range(*item.indices(len(self)))]
        if not -len(self) <= item < len(self):
            raise IndexError(f'frame {item} of {len(self)}')
        start, stop = self._ends[item % len(self)], self._ends[item % len(self) + 1]
        return pickle.loads(memoryview(self._bytes[start:stop]))

    def __deepcopy__(self, memo: dict) -> 'FrameRecords':
        return self


@DATASETS.register_module()
class MOTVideoDataset(MOTChallengeDataset):
    """MMDetection's ``MOTChallengeDataset``, whose frames cost the same in videos of any length.

    MMDetection keeps a video as one pickled record and reads all of it for each of its frames,
    which grows with the square of the length. Here the same records are kept frame by frame, as
    :class:`FrameRecords` under ``images``.

    Args:
        *args: As of ``mmdet.MOTChallengeDataset``.
        **kwargs: As of ``mmdet.MOTChallengeDataset``; ``serialize_data`` has no effect.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs['serialize_data'] = False  # each frame is pickled already
        super().__init__(*args, **kwargs)

    def filter_data(self) -> list[dict]:
        """Filter as MMDetection does, and take the videos apart into frames."""
        return [
            {**video, 'images': FrameRecords(video['images'])} for video in super().filter_data()
        ]
