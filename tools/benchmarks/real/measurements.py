"""Measurements on real videos: tracking, association, offline steps, low frame rates."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import torch
from scipy.optimize import linear_sum_assignment
from torch.nn import functional as F

from mmmaml.evaluation import AbsenceProtocol, TrackedSequence, evaluate_tracks
from mmmaml.evaluation.causes.switch_causes import (
    Decisions,
    Switch,
    count_causes,
    count_stages,
    switch_causes,
)
from mmmaml.evaluation.recognition.reentry import ReentryProtocol, sum_reentry
from mmmaml.models.trackers import OnlineMetaTracker
from mmmaml.models.trackers.detections.box_geometry import occlusion
from mmmaml.postprocessing import OfflineTracks
from mmmaml.postprocessing.offline_tracks import gather_rows
from mmmaml.utils.box_overlap import row_iou
from mmmaml.utils.mot_files import FRAME, LEFT
from tools.benchmarks.common.simulated_detections import SimulatedFrame
from tools.benchmarks.evidence.measure import recognised
from tools.benchmarks.real.contestants import Prior, Tracks, head_of
from tools.benchmarks.real.data import RealSequence

BENCHMARK = 'MOT15'
PROTOCOL = ReentryProtocol(seconds=(0.5, 1.0, 2.0), absence='untracked')
"""People whom a tracker lost and found again: ground truth without visibility has few absences."""

RATIOS = 'MOTA', 'IDF1', 'HOTA', 'AssA'
COUNTS = 'IDs', 'Frag', 'FP', 'FN'
ABSENCES = 1.0, 2.0, 4.0
CLEAR_OCCLUSION = 0.3
OFFLINE: dict[str, dict[str, Any]] = {
    'online': {},
    'interpolated, 1 s': {'interpolate': {}},
    'interpolated, smoothed 0.2 s': {'interpolate': {'smooth_seconds': 0.2}},
    'joined': {'join': {}},
    'joined, absences beyond 3 s end a track': {'join': {'max_track_gap_seconds': 3.0}},
    'joined, up to 10 s': {'join': {'max_gap_seconds': 10.0}},
    'joined and interpolated': {'join': {}, 'interpolate': {}},
    'joined, interpolated, smoothed 0.2 s': {'join': {}, 'interpolate': {'smooth_seconds': 0.2}},
}
Result = dict[str, Any]


def score(
    sequences: Sequence[RealSequence],
    rows: Mapping[str, np.ndarray],
    decisions: Mapping[str, Decisions] | None = None,
) -> Result:
    """Score tracks by name of the sequence.

    Returns:
        ``sequences`` to scores by name (fractions and counts); ``mean`` of ratios and sum of
        counts; ``kept`` to pairs (kept, all) by least seconds of an absence; ``causes`` and
        ``stages`` of switches.
    """
    tracked = [each.tracked(rows[each.name]) for each in sequences]
    evaluation = evaluate_tracks(tracked, BENCHMARK, PROTOCOL)
    scored = evaluation.sequences
    by_name = {
        name: {key: each.scores[key] for key in (*RATIOS, *COUNTS)}
        for name, each in scored.items()
    }
    values = list(by_name.values())
    mean = {key: float(np.mean([each[key] for each in values])) for key in RATIOS}
    kept = sum_reentry(each.reentry for each in scored.values() if each.reentry is not None)
    rates = {each.name: each.frame_rate for each in sequences}
    known = decisions or {}
    switches = [
        switch
        for name, each in scored.items()
        for switch in switch_causes(each, rates[name], decisions=known.get(name))
    ]
    return {
        'sequences': by_name,
        'mean': {**mean, **{key: sum(each[key] for each in values) for key in COUNTS}},
        'kept': {f'{seconds:g}': [each.kept, each.total] for seconds, each in kept.items()},
        'causes': causes(switches),
        'stages': count_stages(switches),
    }


def causes(switches: Sequence[Switch]) -> list[list[str | int]]:
    """Count switches by kind and circumstance, as :func:`count_causes`."""
    return count_causes(switches)


def offline(
    sequences: Sequence[RealSequence], tracks: Mapping[str, Tracks], options: Mapping[str, Any]
) -> dict[str, np.ndarray]:
    """Join and interpolate tracks by name of the sequence."""
    result = {}
    for each in sequences:
        rows, feats, _ = tracks[each.name]
        steps = OfflineTracks(each.frame_rate, **options)
        gather_rows(steps, rows, None if feats is None else feats.numpy())
        result[each.name] = steps.finish(rows)
    return result


def association(
    sequence: RealSequence, priors: Mapping[str, Prior]
) -> dict[str, dict[str, list[int]]]:
    """Count wrong decisions on who is who, by kind of comparison and seconds of absence.

    Args:
        sequence: Detections that show somebody are asked for.
        priors: As for :func:`contestants`.

    Returns:
        Name of the comparison to seconds to ``[wrong, all]``.
    """
    parts = [
        (frame.feats[torch.from_numpy(known)], frame.identities[known], frame.number)
        for frame in sequence.frames
        if (known := np.flatnonzero(frame.identities >= 0)).size
    ]
    feats = torch.cat([each[0] for each in parts])
    people = np.concatenate([each[1] for each in parts])
    numbers = np.concatenate([np.full(len(each[1]), each[2]) for each in parts])
    video = feats, people, numbers, sequence.frame_rate
    protocol = AbsenceProtocol(absences=ABSENCES)
    clear = np.concatenate([_clear(frame) for frame in sequence.frames])
    clear_video = F.normalize(feats[clear], dim=1), people[clear], numbers[clear], video[3]
    kinds: dict[str, Any] = {
        'not adapted': (None, None, video),
        'adapted': ({}, None, video),
        'clear views, not adapted': (None, None, clear_video),
        'clear views, adapted': ({}, None, clear_video),
    }
    kinds |= {name: ({}, prior, video) for name, prior in priors.items()}
    result = {}
    for name, (adapter, known, asked) in kinds.items():
        head = head_of(feats.shape[1], known)
        with torch.no_grad():
            right = recognised(head, adapter, *asked, protocol=protocol)
        result[name] = {f'{s:g}': [int((~r).sum()), len(r)] for s, r in right.items()}
    return result


def _clear(frame: SimulatedFrame) -> np.ndarray:
    """Return, of the known people (P,) of a frame, bool: the person is hardly hidden."""
    boxes = frame.boxes.double().numpy()[frame.identities >= 0]
    return occlusion(boxes) <= CLEAR_OCCLUSION


THINNED_FPS = 5, 3, 2, 1
MIN_VISIBILITY = 0.25


def thin(gt: np.ndarray, frame_rate: float, fps: float) -> np.ndarray:
    """Keep people of a ground truth (R, 9) at fewer frames per second, renumbered from 1."""
    step = round(frame_rate / fps)
    rows = gt[(gt[:, 6] != 0) & (gt[:, 7] == 1) & (gt[:, 8] >= MIN_VISIBILITY)]
    rows = rows[(rows[:, FRAME] - 1) % step == 0].copy()
    rows[:, FRAME] = (rows[:, FRAME] - 1) // step + 1
    return rows[np.argsort(rows[:, FRAME], kind='stable')]


def by_motion(boxes: Sequence[np.ndarray], fps: float) -> list[np.ndarray]:
    """Return ids of perfect boxes (N, 4) of each frame by our tracker, motion alone."""
    tracker = OnlineMetaTracker(frame_rate=fps)
    result = []
    for number, each in enumerate(boxes):
        corners = torch.from_numpy(np.hstack([each[:, :2], each[:, :2] + each[:, 2:]])).float()
        scores, labels = torch.full((len(each),), 0.9), torch.zeros(len(each), dtype=torch.long)
        result.append(tracker.step(number, corners, scores, labels).numpy())
    return result


def by_overlap(
    boxes: Sequence[np.ndarray], fps: float, min_iou: float = 0.3, lost_seconds: float = 10.0
) -> list[np.ndarray]:
    """Return ids of boxes by their overlap with the last box of each track, and nothing else."""
    result = []
    last, seen = np.zeros((0, 4)), np.zeros(0)
    for number, each in enumerate(boxes):
        ids = np.full(len(each), -1, dtype=np.int64)
        iou = row_iou(last, each) * (number - seen <= lost_seconds * fps)[:, None]
        before, now = linear_sum_assignment(-np.where(iou >= min_iou, iou, 0))
        sure = iou[before, now] >= min_iou
        ids[now[sure]] = before[sure]
        new = np.flatnonzero(ids < 0)
        ids[new] = np.arange(len(last), len(last) + len(new))
        last, seen = np.concatenate([last, each[new]]), np.append(seen, np.zeros(len(new)))
        last[ids], seen[ids] = each, number
        result.append(ids + 1)
    return result


Ids = Callable[[Sequence[np.ndarray], float], list[np.ndarray]]
THINNED: dict[str, Ids] = {
    'OnlineMetaTracker, motion alone': by_motion,
    'IoU of at least 0.3 to the last box': by_overlap,
}


def thinned(gt: np.ndarray, frame_rate: float) -> dict[str, dict[str, list[float]]]:
    """Score thinned ground truth as perfect detections: name, frame rate, ``[IDF1, IDs]``."""
    result: dict[str, dict[str, list[float]]] = {name: {} for name in THINNED}
    for fps in THINNED_FPS:
        rows = thin(gt, frame_rate, fps)
        length = int(rows[:, FRAME].max())
        boxes = [rows[rows[:, FRAME] == f, LEFT : LEFT + 4] for f in range(1, length + 1)]
        for name, ids_of in THINNED.items():
            ids = np.concatenate(ids_of(boxes, fps))
            kept = ids >= 0
            columns = (rows[kept, :1], ids[kept, None], rows[kept, 2:6], np.ones((kept.sum(), 1)))
            sequence = TrackedSequence('thinned', rows, np.hstack(columns), length, fps)
            scores = evaluate_tracks([sequence], 'MOT17').sequences['thinned'].scores
            result[name][str(fps)] = [float(scores['IDF1']), int(scores['IDs'])]
    return result
