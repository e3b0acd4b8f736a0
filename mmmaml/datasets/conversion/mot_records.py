"""Sequences of the MOTChallenge layout as records of a CocoVID file."""

import logging
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from mmengine.logging import print_log

from ...utils.box_conventions import suspect_boxes
from ...utils.frame_numbers import check_frame_numbers
from ...utils.mot_files import (
    CLASS,
    FRAME,
    HEIGHT,
    ID,
    LEFT,
    PEDESTRIAN,
    SCORE,
    VISIBILITY,
    WIDTH,
    SequenceInfo,
    read_seqinfo,
    repeated_pairs,
)
from ...utils.mot_truth import Truth, class_counts, considered, read_truth


@dataclass
class VideoRecord:
    """One sequence for the annotation files; images are in the order of their frames."""

    video: dict
    images: list[dict]
    annotations: list[dict] = field(default_factory=list)


class SequenceReader:
    """Reads sequences and gives out ids that are unique over all that it has read."""

    def __init__(self) -> None:
        self.num_videos = self.num_images = self.num_annotations = self.num_instances = 0

    def read(
        self, folder: Path, needs_truth: bool, truth_rows: np.ndarray | None = None
    ) -> VideoRecord:
        """Read a sequence folder; without ``gt.txt`` it has no annotations.

        Args:
            folder: The sequence.
            needs_truth: Refuse a sequence without ground truth.
            truth_rows: (R, 9) rows of a ground truth in the place of the file.

        Raises:
            FileNotFoundError: ``gt.txt`` is missing and needed, or frames are missing.
            ValueError: Something in a file is malformed; the message names it.
        """
        info = read_seqinfo(folder)
        self.num_videos += 1
        sequence = VideoRecord(self._video(info), self._images(info))
        truth = folder / 'gt' / 'gt.txt'
        if truth_rows is not None:
            given = Truth(truth_rows, np.arange(1, len(truth_rows) + 1), 'classes')
            sequence.annotations = self._annotations(_clean(given, info, truth))
        elif truth.is_file():
            rows = _clean(read_truth(truth), info, truth)
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


def _clean(truth: Truth, info: SequenceInfo, path: Path) -> np.ndarray:
    """Return rows of existing frames in the order of the frames, with gaps of MOT15 filled."""
    rows = truth.rows
    check_frame_numbers(rows[:, FRAME], info.num_frames, path)
    for sentence in suspect_boxes(rows[:, LEFT : HEIGHT + 1], (info.width, info.height)):
        print_log(f'{path}: {sentence}', logger='current', level=logging.WARNING)
    late = rows[:, FRAME] > info.num_frames
    empty = ~late & (rows[:, WIDTH : HEIGHT + 1] <= 0).any(1)
    kept = ~late & ~empty
    _check_repeats(rows[kept], truth.lines[kept], path)
    rows = rows[kept]
    rows = rows[np.argsort(rows[:, FRAME], kind='stable')]
    _say(info.name, truth, rows, late, empty, info.num_frames)
    rows[rows[:, CLASS] == -1, CLASS] = PEDESTRIAN  # no row of the file states a class
    rows[:, SCORE] = considered(rows[:, SCORE])
    rows[rows[:, VISIBILITY] == -1, VISIBILITY] = 1.0  # unknown
    return rows


def _say(
    name: str, truth: Truth, rows: np.ndarray, late: np.ndarray, empty: np.ndarray, last: int
) -> None:
    """Tell what a ground truth holds by class, and what of it is not used or does not count."""
    counts = {
        f'rows after frame {last} dropped': late.sum(),
        'empty boxes dropped': empty.sum(),
        'boxes without identity kept for detection': (rows[:, ID] < 0).sum(),
        'boxes do not count (flag 0)': (~considered(rows[:, SCORE])).sum(),
    }
    said = [f'{count} {what}' for what, count in counts.items() if count]
    if truth.form == 'world':
        said.append('columns 8 to 10 hold places in the world as in MOT15 and are not used')
    if said:
        print_log(f'{name}: {", ".join(said)}', logger='current')
    classes = ', '.join(f'{count} {what}' for what, count in class_counts(rows[:, CLASS]).items())
    print_log(f'{name}: boxes by class: {classes or "none"}', logger='current')
    people = np.isin(rows[:, CLASS], [-1, PEDESTRIAN])
    if not (people & considered(rows[:, SCORE])).any():
        print_log(
            f'{name}: no box counts as a pedestrian ({len(truth.rows)} rows in the file): nothing '
            'is learned from it, and every track in it scores as false',
            logger='current',
            level=logging.WARNING,
        )


def _check_repeats(rows: np.ndarray, lines: np.ndarray, path: Path) -> None:
    known = rows[:, ID] >= 0
    repeated = repeated_pairs(rows[known][:, [FRAME, ID]])
    if repeated.any():
        frame, identity = rows[known][repeated][0, [FRAME, ID]].astype(int)
        again = (rows[:, FRAME] == frame) & (rows[:, ID] == identity)
        raise ValueError(
            f'{path}, line {lines[known][repeated][0]}: id {identity} appears {again.sum()} times '
            f'in frame {frame}; a person can be in one place only. Give boxes without identity '
            'the id -1'
        )
