"""One trial: tracks under some options, and their scores."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from mmmaml.evaluation.files.track_folders import guess_benchmark
from mmmaml.evaluation.scoring.preprocessing import preprocess_sequence
from mmmaml.evaluation.scoring.track_evaluation import check_tracks
from mmmaml.evaluation.scoring.trackeval_scorer import TrackEvalScorer
from mmmaml.evaluation.scoring.unused_rows import with_visibility, without_unidentified
from mmmaml.models.reid import MetaReIDHead
from mmmaml.models.trackers import OnlineMetaTracker

from .search_space import SearchSpace, Values
from .sequences import TuningSequence

Scores = dict[str, float]
"""``HOTA``, ``IDF1``, ``MOTA`` as fractions and ``IDs`` of a sequence."""

METRICS = ('HOTA', 'IDF1', 'MOTA', 'IDs')


class Scorer:
    """Scores of sequences under values of options; the same ones are computed once.

    Args:
        sequences: The sequences.
        space: Searched options and the tracker.
        head: Layer that is adapted; None compares features as they are.
        benchmark: Preprocessing; None guesses it from the ground truth.

    Raises:
        ValueError: The ground truth cannot be scored.
    """

    def __init__(
        self,
        sequences: Sequence[TuningSequence],
        space: SearchSpace,
        head: MetaReIDHead | None = None,
        benchmark: str | None = None,
    ) -> None:
        truths = [each.truth for each in sequences]
        self.benchmark = benchmark or guess_benchmark(truths)
        check_tracks(truths, self.benchmark)
        self.space = space
        self.head = head
        self._sequences = {each.name: each for each in sequences}
        self._truths = {t.name: with_visibility(without_unidentified(t)) for t in truths}
        self._known: dict[tuple[str, str], Scores] = {}

    @property
    def names(self) -> list[str]:
        """Names of the sequences."""
        return list(self._sequences)

    def arrays(self) -> Iterator[np.ndarray]:
        """Yield all data that the scores depend on."""
        for each in self._sequences.values():
            found = each.detections
            yield np.frombuffer(each.name.encode(), np.uint8)
            yield from (each.truth.gt, found.frames, found.bboxes, found.scores)
            yield np.array([each.truth.num_frames, each.truth.frame_rate])
            if each.feats is not None:
                yield each.feats.numpy()
        if self.head is not None:
            yield self.head.scatter.scatter.cpu().numpy()

    def remember(self, values: Values, scores: Mapping[str, Scores]) -> None:
        """Take over scores by sequence that were computed before."""
        for name, each in scores.items():
            self._known[name, self._key(values)] = dict(each)

    def score(self, name: str, values: Values) -> Scores:
        """Track a sequence under some values, and score the tracks."""
        key = name, self._key(values)
        if key not in self._known:
            rows = self.track(name, self.space.options(values))
            tracked = replace(self._truths[name], results=rows)
            found = TrackEvalScorer().add(preprocess_sequence(tracked, self.benchmark))
            self._known[key] = {metric: found[metric] for metric in METRICS}
        return self._known[key]

    def track(self, name: str, options: Mapping[str, Any]) -> np.ndarray:
        """Track a sequence; returns rows (R, 7) of a result file."""
        sequence = self._sequences[name]
        tracker = OnlineMetaTracker(**{**options, 'frame_rate': sequence.truth.frame_rate})
        if sequence.feats is not None and options.get('adapt', True):
            tracker.bind(self.head)
        rows = [np.zeros((0, 7))]
        for number, (boxes, scores, labels, feats) in enumerate(sequence.frames):
            ids = tracker.step(number, boxes, scores, labels, feats)
            kept = ids >= 0
            corners = boxes[kept].double().numpy()
            columns = (
                np.full(len(corners), number + 1.0),
                ids[kept].numpy(),
                corners[:, :2],
                corners[:, 2:] - corners[:, :2],
                scores[kept].double().numpy(),
            )
            rows.append(np.column_stack(columns))
        return np.concatenate(rows)

    def _key(self, values: Values) -> str:
        return json.dumps(self.space.changes(values), sort_keys=True)
