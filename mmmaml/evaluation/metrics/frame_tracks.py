"""Tracks of single frames, as a test loop brings them, and their merging to sequences."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from mmengine.dist import get_rank
from mmengine.logging import print_log
from mmengine.structures import BaseDataElement

from ...postprocessing import OfflineTracks
from ...utils.mot_files import NUM_COLUMNS, frame_number
from ..sequences import CrowdCounts, SequenceImages, TrackedSequence


@dataclass(frozen=True)
class FrameTracks:
    """Tracks of one frame.

    Attributes:
        sequence_dir: The sequence folder (the parent of the image folder).
        image_number: Number of the frame in the sequence's files, from 1.
        frame_id: Index of the frame within the tested split, from 0.
        video_length: Number of frames of the split.
        rank: Process that tracked the frame.
        rows: (N, 7) float64 ``frame, id, left, top, width, height, score`` with ``frame``
            = ``frame_id`` + 1 and boxes in pixels of the original image.
        offline: Of the last frame of a video, what was gathered of it for postprocessing.
        crowd_count: People that the model counted by its density map; None if it does not count.
        num_boxes: Its detections of at least some score; None likewise.
    """

    sequence_dir: Path
    image_number: int
    frame_id: int
    video_length: int
    rank: int
    rows: np.ndarray
    offline: OfflineTracks | None = None
    crowd_count: float | None = None
    num_boxes: int | None = None


def frames_of_sample(
    data_sample: Mapping[str, Any], with_feats: bool = False, count_score_thr: float = 0.0
) -> list[tuple[FrameTracks, np.ndarray | None]]:
    """Extract the tracks of a data sample, of mmdet (a clip) or of mmtrack (a frame).

    Args:
        data_sample: ``to_dict()`` of mmdet's ``TrackDataSample`` (``video_data_samples``) or of
            a sample that is a frame itself.
        with_feats: Take the features of the tracks, which only joining needs.
        count_score_thr: Detections of at least this score are counted if the model counts.

    Returns:
        For each frame its tracks, and the features (N, C) of its rows, None without.

    Raises:
        ValueError: Something the evaluation needs is missing from the sample.
    """
    samples = data_sample.get('video_data_samples', [data_sample])
    dicts = [s.to_dict() if isinstance(s, BaseDataElement) else s for s in samples]
    frames = [_frame_tracks(each, count_score_thr) for each in dicts]
    feats = [_feats(each['pred_track_instances']) if with_feats else None for each in dicts]
    return list(zip(frames, feats, strict=True))


def merge_frames(
    frames: Iterable[FrameTracks],
) -> list[tuple[TrackedSequence, OfflineTracks | None]]:
    """Put frames together to sequences, whichever process they come from.

    A frame that was processed several times (samplers pad) counts once.

    Returns:
        Sequences ordered by name, named by their folder, with tracks ordered by frame and without
        ground truth; and what was gathered of each, None unless one process saw all of it.

    Raises:
        ValueError: Frames are missing or contradict each other, or two sequence folders have
            the same name.
    """
    by_name: dict[str, list[FrameTracks]] = defaultdict(list)
    for frame in frames:
        by_name[frame.sequence_dir.name].append(frame)
    return [_merge_sequence(name, by_name[name]) for name in sorted(by_name)]


def _frame_tracks(sample: Mapping[str, Any], count_score_thr: float) -> FrameTracks:
    path = Path(_meta(sample, 'img_path'))
    frame_id = int(_meta(sample, 'frame_id'))
    length_key = 'ori_video_length' if 'ori_video_length' in sample else 'video_length'
    if 'pred_track_instances' not in sample:
        raise ValueError(
            f'{path}: the model returned no pred_track_instances; a tracker must set them for '
            'every frame, empty ones included'
        )
    return FrameTracks(
        sequence_dir=path.parent.parent,
        image_number=frame_number(path),
        frame_id=frame_id,
        video_length=int(_meta(sample, length_key)),
        rank=get_rank(),
        rows=_result_rows(frame_id + 1, sample['pred_track_instances']),
        **_counts(sample, count_score_thr),
    )


def _counts(sample: Mapping[str, Any], score_thr: float) -> dict[str, Any]:
    """Take the counted people of a model that counts."""
    if sample.get('crowd_count') is None:
        return {}
    dets = sample.get('pred_instances')
    boxes = None if dets is None else int((_to_numpy(dets['scores']) >= score_thr).sum())
    return {'crowd_count': float(sample['crowd_count']), 'num_boxes': boxes}


def _feats(tracks: Mapping[str, Any]) -> np.ndarray | None:
    """Take the features of the rows that :func:`_result_rows` keeps."""
    if 'feats' not in tracks or 'instances_id' not in tracks:
        return None
    return _to_numpy(tracks['feats'])[_to_numpy(tracks['instances_id']) >= 0]


def _meta(sample: Mapping[str, Any], key: str) -> Any:
    if key not in sample:
        raise ValueError(
            f'a data sample has no {key!r} (it has {", ".join(sorted(sample))}): add it to '
            'meta_keys of the packing transform'
        )
    return sample[key]


def _result_rows(frame: int, tracks: Mapping[str, Any]) -> np.ndarray:
    if 'instances_id' not in tracks:
        return _joined_rows(frame, _to_numpy(tracks['bboxes']))
    ids = _to_numpy(tracks['instances_id'])
    bboxes = _to_numpy(tracks['bboxes']).reshape(-1, 4)
    rows = np.column_stack(
        [
            np.full(len(ids), frame),
            ids,
            bboxes[:, :2],
            bboxes[:, 2:] - bboxes[:, :2],
            _to_numpy(tracks['scores']),
        ]
    )
    # An id of -1 marks a box that belongs to no reported track.
    return rows[ids >= 0]


def _joined_rows(frame: int, bboxes: np.ndarray) -> np.ndarray:
    """Take the rows of mmdet's StrongSORT, which joins tracks afterwards and gives rows alone.

    Args:
        frame: Number of the frame, from 1.
        bboxes: (N, 7) ``frame, id, left, top, width, height, score``; frames count from
            the first of the clip.
    """
    if bboxes.ndim != 2 or bboxes.shape[1] != 7:
        raise ValueError(
            f'pred_track_instances of frame {frame} have no instances_id, and bboxes of shape '
            f'{bboxes.shape}, not (N, 7): a tracker must give bboxes, scores and instances_id'
        )
    rows = bboxes.copy()
    rows[:, 0] = frame
    return rows


def _to_numpy(values: torch.Tensor | np.ndarray) -> np.ndarray:
    return torch.as_tensor(values).detach().cpu().double().numpy()


def _merge_sequence(
    name: str, frames: Sequence[FrameTracks]
) -> tuple[TrackedSequence, OfflineTracks | None]:
    _check_agreement(name, frames)
    # If a sampler padded one process with a part of a sequence that another process tracked
    # as a whole, the whole run is the one to keep: ids of two runs do not mix.
    frames_of_rank = Counter(f.rank for f in frames)
    frames = sorted(frames, key=lambda f: (-frames_of_rank[f.rank], f.rank))
    unique: dict[int, FrameTracks] = {}
    for frame in frames:
        unique.setdefault(frame.frame_id, frame)
    _check_complete(name, unique)
    several = len({f.rank for f in unique.values()}) > 1
    if several:
        print_log(
            f'{name} was tracked by several processes: an id that both use is taken for one '
            'person',
            logger='current',
            level=30,
        )
    ordered = [unique[i] for i in sorted(unique)]
    numbers = np.array([f.image_number for f in ordered])
    sequence = TrackedSequence(
        name,
        gt=np.empty((0, NUM_COLUMNS)),
        results=np.concatenate([f.rows for f in ordered]),
        num_frames=len(numbers),
        images=SequenceImages(ordered[0].sequence_dir, numbers),
        counts=_merge_counts(ordered),
    )
    return sequence, None if several else ordered[-1].offline


def _merge_counts(frames: Sequence[FrameTracks]) -> CrowdCounts | None:
    if all(frame.crowd_count is None for frame in frames):
        return None
    numbers = [(frame.crowd_count, frame.num_boxes) for frame in frames]
    return CrowdCounts(*np.array(numbers, dtype=np.float64).T)  # None becomes NaN


def _check_agreement(name: str, frames: Sequence[FrameTracks]) -> None:
    folders = sorted({str(f.sequence_dir) for f in frames})
    if len(folders) > 1:
        raise ValueError(
            f'several sequences are named {name}: {", ".join(folders)}; results are written by '
            'name, so test them one after the other'
        )
    lengths = sorted({f.video_length for f in frames})
    numbers = {(f.frame_id, f.image_number) for f in frames}
    if len(lengths) > 1 or not len(numbers) == len(dict(numbers)) == len({n for _, n in numbers}):
        raise ValueError(
            f'{name}: the frames come from different splits (video lengths {lengths}); an image '
            'must have one frame_id, and a frame_id one image'
        )


def _check_complete(name: str, frames: Mapping[int, FrameTracks]) -> None:
    length = next(iter(frames.values())).video_length
    expected = set(range(length))
    if missing := sorted(expected - frames.keys()):
        raise ValueError(
            f'{name}: {len(missing)} of {length} frames were not tested, the first is frame_id '
            f'{missing[0]}; a sequence is scored as a whole'
        )
    if extra := sorted(frames.keys() - expected):
        raise ValueError(f'{name}: frame_id {extra[0]} lies outside the {length} frames')
