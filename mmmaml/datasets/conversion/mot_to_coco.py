"""From the MOTChallenge layout to CocoVID annotation files.

The files are those of mmtrack's converter in names and meaning, so that mmdet's and mmtrack's
``MOTChallengeDataset`` and the crop dataset read them.
"""

import json
import logging
import os
import re
from collections.abc import Sequence
from pathlib import Path

from mmengine.logging import print_log

from ...utils.files import write_text
from ...utils.mot_files import CLASSES, find_sequences
from .mot_records import SequenceReader, VideoRecord

DETECTORS = ('DPM', 'FRCNN', 'SDP')
DEFAULT_DETECTOR = 'FRCNN'
_DETECTOR_SUFFIX = re.compile(rf'(?P<base>.+)-(?P<detector>{"|".join(DETECTORS)})', re.IGNORECASE)


def convert_mot(
    root: str | os.PathLike,
    out_dir: str | os.PathLike | None = None,
    detector: str = DEFAULT_DETECTOR,
    half_split: bool = True,
) -> list[Path]:
    """Convert ``ROOT/train/SEQ`` and ``ROOT/test/SEQ``; one of the two may be missing.

    Ids of videos, images, annotations and identities are the same in all files that are written
    and clash nowhere between them. ``frame_id`` counts from 0 within a file's part of the video,
    ``mot_frame_id`` is the number of the frame. Test sequences are annotated if they come
    with ground truth. Boxes without identity keep ``instance_id`` −1. Rows of frames that do
    not exist and empty boxes are dropped, and the log says how many.

    Args:
        root: Folder of MOT15, MOT16, MOT17, MOT20 or of anything in their layout.
        out_dir: Folder of the annotation files; ``root/annotations`` by default.
        detector: MOT17 has each sequence three times, for the detections of DPM, FRCNN and SDP.
            Of such copies of a training sequence this one is kept, since all show the same
            people. Of test sequences all copies are kept: their detections differ, and the
            server takes results for each, 21 files for MOT17.
        half_split: Also write the first and the second half of every training sequence.

    Returns:
        The files ``{train,test,half-train,half-val}_cocoformat.json`` that were written.

    Raises:
        FileNotFoundError: No sequence, no ``gt.txt`` of a training sequence, missing frames.
        ValueError: Something in a file is malformed, the message names it; or ``detector`` is
            none of the three, or not there.
    """
    _check_detector(detector)
    root = Path(root)
    out_dir = root / 'annotations' if out_dir is None else Path(out_dir)
    subsets = [name for name in ('train', 'test') if (root / name).is_dir()]
    if not subsets:
        raise FileNotFoundError(
            f'{root} has neither a folder train nor a folder test; expected {root}/train/SEQ/img1'
        )
    _say_other_subsets(root)
    contents: dict[Path, dict] = {}
    reader = SequenceReader()
    for subset in subsets:
        folders = find_sequences(root / subset)
        if subset == 'train':
            folders = select_sequences(folders, detector)
        first = reader.num_instances
        sequences = [reader.read(folder, subset == 'train') for folder in folders]
        parts = {subset: (0.0, 1.0)}
        if half_split and subset == 'train':
            parts |= {'half-train': (0.0, 0.5), 'half-val': (0.5, 1.0)}
        for name, part in parts.items():
            content = merge_records([_cut(sequence, part) for sequence in sequences])
            content['num_instances'] = reader.num_instances - first
            contents[out_dir / f'{name}_cocoformat.json'] = content
    # Nothing is written before all is read: an error leaves the files of an earlier run whole.
    for path, content in contents.items():
        write_text(path, json.dumps(content))
        _log_written(path, content)
    return list(contents)


def select_sequences(folders: Sequence[Path], detector: str = DEFAULT_DETECTOR) -> list[Path]:
    """Keep one of the sequences that differ by the detector in their name only.

    A sequence without copies is kept, whichever detector it names.

    Args:
        folders: Sequence folders.
        detector: ``DPM``, ``FRCNN`` or ``SDP``, in upper or lower case.

    Raises:
        ValueError: The detector is another, or a sequence has copies, but none of this detector.
    """
    _check_detector(detector)
    wanted = detector.upper()
    groups: dict[str, dict[str, Path]] = {}
    for folder in folders:
        match = _DETECTOR_SUFFIX.fullmatch(folder.name)
        base, found = (match['base'], match['detector'].upper()) if match else (folder.name, '')
        groups.setdefault(base, {})[found] = folder
    kept = []
    for base, found in groups.items():
        if len(found) > 1 and wanted not in found:
            raise ValueError(
                f'{base} is there for the detectors {sorted(found)}, not for {wanted!r}: name '
                'one of them'
            )
        kept.append(found[wanted] if len(found) > 1 else next(iter(found.values())))
    if len(kept) < len(folders):
        left_out = sorted({path.name for path in folders} - {path.name for path in kept})
        print_log(
            f'{len(folders)} sequences are {len(kept)} that differ by detector; kept {wanted}, '
            f'left out {", ".join(left_out)}',
            logger='current',
        )
    return kept


def _say_other_subsets(root: Path) -> None:
    """Warn of folders of sequences that are called neither train nor test."""
    others = sorted({path.parts[-3] for path in root.glob('*/*/seqinfo.ini')} - {'train', 'test'})
    if others:
        print_log(
            f'{root}: sequences in {", ".join(others)} are not read, only those in train and test',
            logger='current',
            level=logging.WARNING,
        )


def _check_detector(detector: str) -> None:
    if detector.upper() not in DETECTORS:
        raise ValueError(
            f'detector={detector!r} must be one of {", ".join(DETECTORS)}. The copies of a '
            'training sequence show the same people: with more than one of them, each person '
            'would become several identities'
        )


def _cut(sequence: VideoRecord, part: tuple[float, float]) -> VideoRecord:
    """Return the part between two fractions of the frames, numbered from 0 again."""
    start, stop = (_border(fraction, len(sequence.images)) for fraction in part)
    images = [
        {**image, 'frame_id': image['frame_id'] - start} for image in sequence.images[start:stop]
    ]
    kept = {image['id'] for image in images}
    annotations = [a for a in sequence.annotations if a['image_id'] in kept]
    if not images:
        print_log(
            f'{sequence.video["name"]}: too short for a second half',
            'current',
            level=logging.WARNING,
        )
    return VideoRecord(sequence.video, images, annotations)


def _border(fraction: float, num_frames: int) -> int:
    # The first half has a frame or two more, as in mmtrack's split.
    return {0.0: 0, 1.0: num_frames}.get(fraction, int(fraction * num_frames) + 1)


def merge_records(sequences: Sequence[VideoRecord]) -> dict:
    """Return the content of a CocoVID file of some sequences."""
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
