"""Sequences of the MOTChallenge layout as records of a CocoVID file."""

from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from mmengine.logging import print_log

from ..utils.mot_files import (
    CLASS,
    CLASSES,
    FRAME,
    HEIGHT,
    ID,
    LEFT,
    PEDESTRIAN,
    SCORE,
    VISIBILITY,
    WIDTH,
    SequenceInfo,
    read_rows,
    read_seqinfo,
)


@dataclass
class VideoRecord:
    """One sequence as it goes into the files; images are in the order of their frames."""

    video: dict
    images: list[dict]
    annotations: list[dict] = field(default_factory=list)


class SequenceReader:
    """Reads sequences and gives out ids that are unique over all that it has read."""

    def __init__(self) -> None:
        self.num_videos = self.num_images = self.num_annotations = self.num_instances = 0

    def read(self, folder: Path, needs_truth: bool) -> VideoRecord:
        """Read a sequence folder; without ``gt.txt`` it has no annotations.

        Raises:
            FileNotFoundError: ``gt.txt`` is missing and needed, or frames are missing.
            ValueError: Something in a file is malformed; the message names it.
        """
        info = read_seqinfo(folder)
        self.num_videos += 1
        sequence = VideoRecord(self._video(info), self._images(info))
        truth = folder / 'gt' / 'gt.txt'
        if truth.is_file():
            rows = _clean(read_rows(truth), info, truth)
            sequence.annotations = self._annotations(rows)
        elif needs_truth:
            raise FileNotFoundError(
                f'{truth} is missing: a training sequence needs ground truth. Move {folder} to '
                f'{folder.parent.parent / "test"} if it has none'
            )
        self.num_images += info.num_frames
        return sequence

    def _video(self, info: SequenceInfo) -> dict:
        size = {'width': info.width, 'height': info.height}
        return {'id': self.num_videos, 'name': info.name, 'fps': info.frame_rate, **size}

    def _images(self, info: SequenceInfo) -> list[dict]:
        return [
            {
                'id': self.num_images + number,
                'video_id': self.num_videos,
                'file_name': info.image_path(number).relative_to(info.root.parent).as_posix(),
                'height': info.height,
                'width': info.width,
                'frame_id': number - 1,
                'mot_frame_id': number,
                'frame_rate': info.frame_rate,
            }
            for number in range(1, info.num_frames + 1)
        ]

    def _annotations(self, rows: np.ndarray) -> list[dict]:
        raw = rows[:, ID].astype(np.int64)
        known, compact = np.unique(raw[raw >= 0], return_inverse=True)
        instance = np.full(len(rows), -1)
        instance[raw >= 0] = compact + self.num_instances
        frame = rows[:, FRAME].astype(np.int64)
        box = rows[:, LEFT : HEIGHT + 1]
        columns = {
            'id': np.arange(len(rows)) + self.num_annotations + 1,
            'image_id': frame + self.num_images,
            'category_id': rows[:, CLASS].astype(np.int64),
            'bbox': box,
            'area': box[:, 2] * box[:, 3],
            'iscrowd': np.zeros(len(rows), dtype=bool),
            'visibility': rows[:, VISIBILITY],
            'mot_conf': rows[:, SCORE],
            'mot_instance_id': raw,
            'instance_id': instance,
        }
        self.num_annotations += len(rows)
        self.num_instances += len(known)
        values = zip(*(column.tolist() for column in columns.values()), strict=True)
        return [dict(zip(columns, row, strict=True)) for row in values]


def _clean(rows: np.ndarray, info: SequenceInfo, path: Path) -> np.ndarray:
    """Rows of existing frames in the order of the frames, with MOT15's gaps filled."""
    rows = rows[np.argsort(rows[:, FRAME], kind='stable')]
    late = rows[:, FRAME] > info.num_frames
    empty = ~late & (rows[:, WIDTH : HEIGHT + 1] <= 0).any(1)
    rows = rows[~late & ~empty].copy()
    # MOT15 knows pedestrians only and writes −1 where later files have class and visibility.
    old = rows[:, CLASS] == -1
    rows[old, CLASS] = PEDESTRIAN
    rows[old & (rows[:, SCORE] == -1), SCORE] = 1.0
    rows[rows[:, VISIBILITY] == -1, VISIBILITY] = 1.0  # unknown
    _check(rows, path)
    counts = {
        f'rows after frame {info.num_frames} dropped': late.sum(),
        'empty boxes dropped': empty.sum(),
        'boxes without identity kept for detection': (rows[:, ID] < 0).sum(),
    }
    said = ', '.join(f'{count} {what}' for what, count in counts.items() if count)
    if said:
        print_log(f'{info.name}: {said}', logger='current')
    return rows


def _check(rows: np.ndarray, path: Path) -> None:
    unknown = ~np.isin(rows[:, CLASS], np.arange(1, len(CLASSES) + 1))
    if unknown.any():
        row = rows[unknown][0]
        raise ValueError(
            f'{path}: class {row[CLASS]:g} of id {row[ID]:g} in frame {row[FRAME]:g} is none of '
            f'1 to {len(CLASSES)} (column 8; -1 counts as pedestrian)'
        )
    pairs = Counter(map(tuple, rows[rows[:, ID] >= 0][:, [FRAME, ID]].astype(int).tolist()))
    if pairs and max(pairs.values()) > 1:
        frame, identity = max(pairs, key=pairs.__getitem__)
        raise ValueError(
            f'{path}: id {identity} appears {pairs[frame, identity]} times in frame {frame}; a '
            'person can be in one place only. Give boxes without identity the id -1'
        )
