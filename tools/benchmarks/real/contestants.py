"""The trackers of the benchmark on real videos, all with the same detections and features."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from mmmaml.models import MetaReIDHead
from mmmaml.models.onnx.onnx_reid import identity_head
from mmmaml.models.reid import load_prior
from mmmaml.models.trackers import OnlineMetaTracker
from tools.benchmarks.common.contestants import bot_sort_options, peer
from tools.benchmarks.real.data import RealSequence

ADAPTED = 'OnlineMetaTracker, adapted (default)'
PRIOR = 'adapted, prior of other people'
PLAIN = 'OnlineMetaTracker, plain cosine'
MOTION = 'OnlineMetaTracker, motion alone'
BOT_SORT = 'BoT-SORT, by OnlineMetaTracker'
TRUE = 'true identities on the same detections'
PEERS = 'mmdet ByteTrack', 'mmdet OC-SORT', 'mmdet DeepSORT', 'mmdet StrongSORT'
ROBOFLOW = {'ByteTrack': 'ByteTrackTracker', 'OC-SORT': 'OCSORTTracker'}
ROBOFLOW_VERSION = '2.6.1'


class Tracks(NamedTuple):
    """Result of a tracker in one sequence.

    Attributes:
        rows: (R, 7) of a result file.
        feats: (R, C) their features, None if the tracker does not keep them apart.
        decisions: Stage and similarity by frame and id, of ours.
    """

    rows: np.ndarray
    feats: Tensor | None
    decisions: dict[tuple[int, int], tuple[str, float]]


Track = Callable[[RealSequence], Tracks]

Prior = tuple[Tensor, Tensor] | Path
"""Features of other people and which there are, or a prior file, perhaps a learned one."""


def contestants(priors: Mapping[str, Prior]) -> Iterator[tuple[str, Track]]:
    """Yield the trackers by name.

    Args:
        priors: By name of the variant, from what scenes start.
    """
    yield ADAPTED, partial(ours, adapt=True)
    for name, prior in priors.items():
        yield f'OnlineMetaTracker, {name}', partial(ours, adapt=True, prior=prior)
    yield PLAIN, partial(ours, adapt=False)
    yield MOTION, partial(ours, adapt=False, with_feats=False)
    yield BOT_SORT, partial(ours, **bot_sort_options())
    for name in PEERS:
        yield name, partial(of_peer, name=name)
    if roboflow_missing() is None:
        for name, kind in ROBOFLOW.items():
            yield f'roboflow trackers {name}', partial(of_roboflow, kind=kind)
    yield TRUE, true_identities


def head_of(channels: int, prior: Prior | None = None) -> MetaReIDHead:
    """Make a head that leaves features as they are, unless the prior knows better."""
    head = identity_head(channels)
    if isinstance(prior, Path):
        load_prior(prior, head)
    elif prior is not None:
        head.scatter.fill(*prior)
    return head.eval()


def ours(
    sequence: RealSequence,
    adapt: bool,
    with_feats: bool = True,
    prior: Prior | None = None,
    **options: Any,
) -> Tracks:
    """Track by ``OnlineMetaTracker``.

    Args:
        sequence: The sequence.
        adapt: Adapt online.
        with_feats: False leaves it motion and overlap. The features are returned all the same.
        prior: From what scenes start; None: from themselves alone.
        options: Of the tracker; its defaults else.
    """
    tracker = OnlineMetaTracker(**{**options, 'adapt': adapt, 'frame_rate': sequence.frame_rate})
    if adapt:
        tracker.bind(head_of(sequence.frames[0].feats.shape[1], prior))
    found, decisions = [], {}
    for frame in sequence.frames:
        feats = frame.feats if with_feats else None
        ids = tracker.step(frame.number - 1, frame.boxes, frame.scores, frame.labels, feats)
        decisions.update({(frame.number, d.id): d[1:] for d in tracker.decisions()})
        kept = ids >= 0
        found.append(
            (frame.number, ids[kept], frame.boxes[kept], frame.scores[kept], frame.feats[kept])
        )
    return _tracks(found)._replace(decisions=decisions)


def of_peer(sequence: RealSequence, name: str) -> Tracks:
    """Track by a tracker of mmdet with the settings of its own config for MOT17.

    Its limits are distances of embeddings, so that features become vectors of length 1.
    """
    contestant = peer(name, sequence.frames[0].feats.shape[1])
    contestant.reset()
    found = []
    for frame in sequence.frames:
        unit = replace(frame, feats=F.normalize(frame.feats, dim=1))
        output = contestant.prepare(unit)()
        found.append((frame.number, output.instances_id + 1, output.bboxes, output.scores, None))
    return _tracks(found)


def of_roboflow(sequence: RealSequence, kind: str) -> Tracks:
    """Track by a tracker of roboflow's ``trackers`` with its defaults and the frame rate."""
    import supervision
    import trackers

    tracker = getattr(trackers, kind)(frame_rate=sequence.frame_rate)
    found = []
    for frame in sequence.frames:
        detections = supervision.Detections(
            xyxy=frame.boxes.numpy(),
            confidence=frame.scores.numpy(),
            class_id=frame.labels.numpy(),
        )
        tracked = tracker.update(detections)
        ids = np.asarray(tracked.tracker_id, dtype=np.int64).reshape(-1)
        kept = ids >= 0
        found.append(
            (
                frame.number,
                torch.from_numpy(ids[kept] + 1),
                torch.from_numpy(tracked.xyxy[kept]),
                torch.from_numpy(tracked.confidence[kept]),
                None,
            )
        )
    return _tracks(found)


def roboflow_missing() -> str | None:
    """Say why roboflow's trackers cannot run; None if they can."""
    if find_spec('trackers') is None or find_spec('supervision') is None:
        return f'roboflow trackers are left out: install trackers=={ROBOFLOW_VERSION}'
    if (found := version('trackers')) != ROBOFLOW_VERSION:
        return f'roboflow trackers are left out: {found} is installed, not {ROBOFLOW_VERSION}'
    return None


def true_identities(sequence: RealSequence, score_thr: float = 0.6) -> Tracks:
    """Give each detection of at least ``score_thr`` the person that it shows."""
    found = []
    for frame in sequence.frames:
        ids = torch.from_numpy(frame.identities)
        kept = (ids >= 0) & (frame.scores >= score_thr)
        found.append(
            (frame.number, ids[kept], frame.boxes[kept], frame.scores[kept], frame.feats[kept])
        )
    return _tracks(found)


def _tracks(found: Sequence[tuple[int, Tensor, Tensor, Tensor, Tensor | None]]) -> Tracks:
    rows = [np.zeros((0, 7))]
    feats = []
    for number, ids, boxes, scores, features in found:
        corners = boxes.double().numpy()
        columns = (
            np.full(len(ids), float(number)),
            ids.numpy(),
            corners[:, :2],
            corners[:, 2:] - corners[:, :2],
            scores.double().numpy(),
        )
        rows.append(np.column_stack(columns))
        if features is not None:
            feats.append(features)
    return Tracks(np.concatenate(rows), torch.cat(feats) if feats else None, {})
