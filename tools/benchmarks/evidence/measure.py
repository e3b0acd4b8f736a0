"""Measurements of one trained network, by online variant and group of sequences."""

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from torch.nn import functional as F

from mmmaml.evaluation import (
    AbsenceProtocol,
    ReentryProtocol,
    TrackedSequence,
    evaluate_tracks,
    few_shot_reid,
    sum_reentry,
)
from mmmaml.evaluation.recognition.absences import recognise
from mmmaml.evaluation.recognition.few_shot import RetrievalScores
from mmmaml.models import MetaReIDHead, OnlineMetaTracker
from mmmaml.utils import register_all_modules
from tools.benchmarks.evidence.data import EvidenceData
from tools.benchmarks.evidence.features import (
    Items,
    SequenceInput,
    known_items,
    load_model,
    record_sequences,
)
from tools.benchmarks.evidence.similarity import AdaptedSimilarity, adapted_to_shots, cosine
from tools.benchmarks.evidence.training import Trained
from tools.benchmarks.evidence.variants import Online

ABSENCES = AbsenceProtocol(absences=(1.0, 3.0, 5.0), step_seconds=0.5)
PARTS = 'type', 'reid', 'adapter_cfg', 'adapt', 'camera_motion'
"""Keys of a tracker's config that the evidence sets itself."""

FOUR_SHOTS = AbsenceProtocol(absences=(5.0,), min_observations=4, gallery_size=4, step_seconds=0.5)
REENTRY = ReentryProtocol(seconds=(1.0, 3.0))
TRACKING = ('MOTA', 'IDF1', 'HOTA', 'AssA', 'IDs', 'FP', 'FN')


@dataclass(frozen=True)
class MeasuringJob:
    """A trained network to be measured."""

    trained: Trained
    data: EvidenceData


@dataclass(frozen=True)
class _Answers:
    """Answers of a variant in one sequence, and its tracks."""

    right: dict[float, np.ndarray]
    retrieval: list[RetrievalScores]
    tracks: np.ndarray


def measure_run(job: MeasuringJob) -> list[dict[str, Any]]:
    """Measure all online variants of a trained network.

    Returns:
        Records ``training``, ``training_set``, ``seed``, ``online``, ``group``, ``metric``,
        ``value``; shares and scores are fractions.
    """
    register_all_modules()
    run = job.trained.run
    whose = {
        'training': run.training.key,
        'training_set': run.training_set.key,
        'seed': run.seed,
    }
    tracker_cfg = job.trained.config.model.tracker
    return [
        {**whose, 'online': online.key, **record}
        for online, head, sequences in _recorded(job)
        for record in measure_groups(
            sequences, job.data.groups, head, online, tracker_cfg, job.data.benchmark
        )
    ]


def _recorded(
    job: MeasuringJob,
) -> Iterator[tuple[Online, MetaReIDHead, dict[str, SequenceInput]]]:
    """Yield online variants and the input of their trackers, recorded once for all with it."""
    by_model = defaultdict(list)
    for online in job.trained.run.onlines:
        by_model[json.dumps(online.model, sort_keys=True)].append(online)
    for onlines in by_model.values():
        model = load_model(job.trained.config, job.trained.checkpoint, onlines[0].model)
        with torch.no_grad():
            sequences = record_sequences(model, job.trained.config)
        for online in onlines:
            yield online, model.reid.head, sequences


@torch.no_grad()
def measure_groups(
    sequences: Mapping[str, SequenceInput],
    groups: Mapping[str, Sequence[str]],
    head: MetaReIDHead,
    online: Online,
    tracker_cfg: Mapping[str, Any],
    benchmark: str,
    absences: AbsenceProtocol = ABSENCES,
    track: bool = True,
) -> list[dict[str, Any]]:
    """Compute all metrics of an online variant over groups of sequences.

    Args:
        sequences: Input of the tracker.
        groups: Name of a group to names of its sequences; a sequence may be in several.
        head: The trained head.
        online: The variant.
        tracker_cfg: The tracker of the config, for its thresholds.
        benchmark: Its preprocessing applies in scoring.
        absences: Questions of the association accuracy.
        track: Track and score the tracks, too, which takes most of the time.

    Returns:
        Records ``group``, ``metric``, ``value``.
    """
    options = _tracker_options(online, tracker_cfg)
    answers = {
        name: _answers(each, head, online, options, absences, track)
        for name, each in sequences.items()
    }
    records = []
    for group, names in groups.items():
        metrics = {
            **_association_metrics([answers[name].right for name in names]),
            **_retrieval_metrics([each for name in names for each in answers[name].retrieval]),
        }
        if track:
            there = {name: sequences[name] for name in names}
            tracks = {name: answers[name].tracks for name in names}
            metrics |= _tracking_metrics(there, tracks, benchmark)
        records += [{'group': group, 'metric': m, 'value': v} for m, v in metrics.items()]
    return records


def _answers(
    sequence: SequenceInput,
    head: MetaReIDHead,
    online: Online,
    options: Mapping[str, Any],
    absences: AbsenceProtocol,
    track: bool,
) -> _Answers:
    min_score = OnlineMetaTracker(**options).options.detections.score_thr
    by_shots = cosine if online.adapter is None else adapted_to_shots(head, online.adapter)
    absences = replace(absences, max_observations=online.observations)
    items = _compared(known_items(sequence, min_score), head, online)
    video = items.feats, items.instance_id, items.frame_id, sequence.info.frame_rate
    return _Answers(
        recognised(head, online.adapter, *video, protocol=absences),
        list(few_shot_reid(*video, FOUR_SHOTS, similarity=by_shots).values()),
        track_sequence(sequence, head, online, options) if track else np.zeros((0, 7)),
    )


def recognised(
    head: MetaReIDHead, adapter_cfg: Mapping[str, Any] | None, *video: Any, **protocol: Any
) -> dict[float, np.ndarray]:
    """Tell right answers after absences from wrong ones, adapting along the video.

    Args:
        head: The trained head.
        adapter_cfg: Arguments of ``OnlineAdapter``. None compares its input by cosine.
        *video: Features, instances, frames and frame rate, as for ``recognise``.
        **protocol: ``protocol`` of ``recognise``.
    """
    if adapter_cfg is None:
        return recognise(*video, cosine, **protocol)
    similarity = AdaptedSimilarity(head, adapter_cfg, *video[:2])
    return recognise(*video, similarity, observe=similarity.observe, **protocol)


def track_sequence(
    sequence: SequenceInput, head: MetaReIDHead, online: Online, options: Mapping[str, Any]
) -> np.ndarray:
    """Return rows (R, 7) ``frame, id, left, top, width, height, score`` of reported tracks."""
    options = {**options, 'frame_rate': sequence.info.frame_rate}
    tracker = OnlineMetaTracker(adapter_cfg=online.adapter, **options)
    if online.adapter is not None:
        tracker.bind(head)
    rows = [np.zeros((0, 7))]
    for frame in sequence.frames:
        feats = frame.feats
        if feats is not None and online.adapter is None:
            feats = head(feats)
        ids = tracker.step(
            frame.frame_id, frame.bboxes, frame.scores, frame.labels, feats, **frame.others
        )
        top_left, bottom_right = frame.bboxes.double().split(2, dim=1)
        number = torch.full((len(ids),), frame.frame_id + 1)
        columns = [number, ids, *top_left.T, *(bottom_right - top_left).T, frame.scores]
        rows.append(torch.stack([c.double() for c in columns], 1)[ids >= 0].numpy())
    return np.concatenate(rows)


def _tracker_options(online: Online, tracker_cfg: Mapping[str, Any]) -> dict[str, Any]:
    given = tracker_cfg if online.tracker is None else online.tracker
    return {k: v for k, v in given.items() if k not in PARTS}


def _compared(items: Items, head: MetaReIDHead, online: Online) -> Items:
    """Return features for an adapter, embeddings of length 1 as the tracker has them else."""
    if online.adapter is not None:
        return items
    return replace(items, feats=F.normalize(head(items.feats), dim=1))


def _association_metrics(right: Sequence[Mapping[float, np.ndarray]]) -> dict[str, float]:
    asked = sorted({absence for each in right for absence in each})
    by_absence = {s: np.concatenate([each[s] for each in right if s in each]) for s in asked}
    every = np.concatenate([np.zeros(0, dtype=bool), *by_absence.values()])
    metrics = {'decisions': len(every), 'accuracy': _share(every), 'error': 1 - _share(every)}
    return metrics | {f'accuracy_{s:g}s': _share(each) for s, each in by_absence.items()}


def _share(right: np.ndarray) -> float:
    return float(right.mean()) if len(right) else float('nan')


def _retrieval_metrics(scores: Sequence[RetrievalScores]) -> dict[str, float]:
    pooled = RetrievalScores.pooled(scores)
    return {
        'queries': len(pooled),
        'mAP': pooled.mean_average_precision,
        'rank-1': pooled.rank1,
    }


def _tracking_metrics(
    sequences: Mapping[str, SequenceInput], tracks: Mapping[str, np.ndarray], benchmark: str
) -> dict[str, float]:
    tracked = [
        TrackedSequence(name, each.truth, tracks[name], len(each.frames), each.info.frame_rate)
        for name, each in sequences.items()
    ]
    evaluation = evaluate_tracks(tracked, benchmark, REENTRY)
    reentry = sum_reentry(each.reentry for each in evaluation.sequences.values())
    metrics = {name: float(evaluation.overall[name]) for name in TRACKING}
    for seconds, (kept, total) in reentry.items():
        metrics[f'returns_{seconds:g}s'] = total
        metrics[f'reentry_{seconds:g}s'] = kept / total if total else float('nan')
    return metrics
