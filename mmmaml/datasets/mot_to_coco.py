"""From the MOTChallenge layout to CocoVID annotation files.

The files are those of mmtrack's converter in names and meaning, so that mmdet's and mmtrack's
``MOTChallengeDataset`` and the crop dataset read them.
"""

import json
import os
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from mmengine.logging import print_log

from ..utils.files import write_text
from ..utils.mot_files import (
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
    find_sequences,
    read_rows,
    read_seqinfo,
)

CLASSES = (
    'pedestrian',
    'person_on_vehicle',
    'car',
    'bicycle',
    'motorbike',
    'non_mot_vehicle',
    'static_person',
    'distractor',
    'occluder',
    'occluder_on_ground',
    'occluder_full',
    'reflection',
    'crowd',
)
DEFAULT_DETECTOR = 'FRCNN'
_DETECTOR_SUFFIX = re.compile(r'(?P<base>.+)-(?P<detector>DPM|FRCNN|SDP)', re.IGNORECASE)


@dataclass
class _Sequence:
    """One sequence as it goes into the files; images are in the order of their frames."""

    video: dict
    images: list[dict]
    annotations: list[dict] = field(default_factory=list)


def convert_mot(
    root: str | os.PathLike,
    out_dir: str | os.PathLike | None = None,
    detector: str | None = None,
    half_split: bool = True,
) -> list[Path]:
    """Convert ``ROOT/train/SEQ`` and ``ROOT/test/SEQ`` (one of the two may be missing).

    Ids of videos, images, annotations and identities are the same in all files that are written
    and clash nowhere between them. ``frame_id`` counts from 0 within a file's part of the video,
    ``mot_frame_id`` is the number of the frame. Test sequences are annotated where they come
    with ground truth. Boxes without identity keep ``instance_id`` −1. Rows of frames that do
    not exist and empty boxes are dropped, and the log says how many.

    Args:
        root: Folder of MOT16, MOT17, MOT20 or of anything in their layout.
        out_dir: Folder of the annotation files; ``root/annotations`` by default.
        detector: MOT17 has each sequence three times, for DPM, FRCNN and SDP. Keep this one of
            such duplicates; FRCNN by default, ``all`` keeps all of them.
        half_split: Also write the first and the second half of every training sequence.

    Returns:
        The files ``{train,test,half-train,half-val}_cocoformat.json`` that were written.

    Raises:
        FileNotFoundError: No sequence, no ``gt.txt`` of a training sequence, missing frames.
        ValueError: Something in a file is malformed; the message names it.
    """
    root = Path(root)
    out_dir = root / 'annotations' if out_dir is None else Path(out_dir)
    subsets = [name for name in ('train', 'test') if (root / name).is_dir()]
    if not subsets:
        raise FileNotFoundError(
            f'{root} has neither a folder train nor a folder test; expected {root}/train/SEQ/img1'
        )
    builder, written = _Builder(), []
    for subset in subsets:
        folders = select_sequences(find_sequences(root / subset), detector)
        first = builder.num_instances
        sequences = [builder.add(folder, subset == 'train') for folder in folders]
        parts = {subset: (0.0, 1.0)}
        if half_split and subset == 'train':
            parts |= {'half-train': (0.0, 0.5), 'half-val': (0.5, 1.0)}
        for name, part in parts.items():
            path = out_dir / f'{name}_cocoformat.json'
            content = _merge([_cut(sequence, part) for sequence in sequences])
            content['num_instances'] = builder.num_instances - first
            write_text(path, json.dumps(content))
            _log_written(path, content)
            written.append(path)
    return written


def select_sequences(folders: Sequence[Path], detector: str | None = None) -> list[Path]:
    """Keep one of the sequences that differ by the detector in their name only.

    Args:
        folders: Sequence folders.
        detector: See :func:`convert_mot`.

    Raises:
        ValueError: A sequence has duplicates, but none of this detector.
    """
    groups: dict[str, dict[str, Path]] = {}
    for folder in folders:
        match = _DETECTOR_SUFFIX.fullmatch(folder.name)
        base, found = (match['base'], match['detector'].upper()) if match else (folder.name, '')
        groups.setdefault(base, {})[found] = folder
    if detector is not None and detector.lower() == 'all':
        return list(folders)
    wanted = (detector or DEFAULT_DETECTOR).upper()
    kept = []
    for base, found in groups.items():
        if len(found) > 1 and wanted not in found:
            raise ValueError(
                f'{base} is there for the detectors {sorted(found)}, not for {wanted!r}: name '
                'one of them, or all'
            )
        kept.append(found[wanted] if len(found) > 1 else next(iter(found.values())))
    if len(kept) < len(folders):
        print_log(
            f'{len(folders)} sequences are {len(kept)} that differ by detector; kept {wanted}',
            logger='current',
        )
    return kept


class _Builder:
    """Gives out ids that are unique over all sequences."""

    def __init__(self) -> None:
        self.num_videos = self.num_images = self.num_annotations = self.num_instances = 0

    def add(self, folder: Path, needs_truth: bool) -> _Sequence:
        info = read_seqinfo(folder)
        self.num_videos += 1
        sequence = _Sequence(self._video(info), self._images(info))
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
    for column in (SCORE, VISIBILITY):
        rows[old & (rows[:, column] == -1), column] = 1.0
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


def _cut(sequence: _Sequence, part: tuple[float, float]) -> _Sequence:
    """The part of a sequence between two fractions of its frames, numbered from 0 again."""
    start, stop = (_border(fraction, len(sequence.images)) for fraction in part)
    images = [
        {**image, 'frame_id': image['frame_id'] - start} for image in sequence.images[start:stop]
    ]
    kept = {image['id'] for image in images}
    annotations = [a for a in sequence.annotations if a['image_id'] in kept]
    if not images:
        print_log(f'{sequence.video["name"]}: too short for a second half', 'current', level=30)
    return _Sequence(sequence.video, images, annotations)


def _border(fraction: float, num_frames: int) -> int:
    # The first half has a frame or two more, as in mmtrack's split.
    return {0.0: 0, 1.0: num_frames}.get(fraction, int(fraction * num_frames) + 1)


def _merge(sequences: Sequence[_Sequence]) -> dict:
    sequences = [sequence for sequence in sequences if sequence.images]
    return {
        'categories': [{'id': k, 'name': name} for k, name in enumerate(CLASSES, start=1)],
        'videos': [sequence.video for sequence in sequences],
        'images': [image for sequence in sequences for image in sequence.images],
        'annotations': [a for sequence in sequences for a in sequence.annotations],
    }


def _log_written(path: Path, content: dict) -> None:
    identities = {a['instance_id'] for a in content['annotations']} - {-1}
    print_log(
        f'{path}: {len(content["videos"])} videos, {len(content["images"])} images, '
        f'{len(content["annotations"])} boxes, {len(identities)} identities',
        logger='current',
    )
