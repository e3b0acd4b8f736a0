"""MOTChallenge preprocessing by TrackEval: the boxes that count, and their overlaps.

Ground truth of other classes and ground truth marked as ignored is left out, and so are tracked
boxes that match a distractor (class 2, 7, 8, 12, on MOT20 also 6) with an IoU of at least 0.5.
See https://github.com/JonathonLuiten/TrackEval/tree/master/docs/MOTChallenge-Official.
"""

import contextlib
import io
import os
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from trackeval.datasets import MotChallenge2DBox

from ...utils.mot_files import CLASS, ID
from ..sequences import TrackedSequence

TRACKER = 'tracker'


@dataclass(frozen=True)
class PreprocessedSequence:
    """One sequence in the form of the metrics.

    Attributes:
        name: Name of the sequence.
        data: Input of TrackEval's metrics: among others ``gt_ids`` and ``tracker_ids``
            (renumbered from 0), and ``similarity_scores``, per frame the IoU
            (ground truth, tracked boxes) of the boxes that count.
        gt_ids: Per frame, the identities of the ground truth as in its file.
        track_ids: Per frame, the identities of the tracked boxes as in their file.
    """

    name: str
    data: dict[str, Any]
    gt_ids: list[np.ndarray]
    track_ids: list[np.ndarray]


def preprocess_sequence(sequence: TrackedSequence, benchmark: str) -> PreprocessedSequence:
    """Prepare one sequence for scoring; its rows are those that passed :mod:`.row_checks`.

    Args:
        sequence: The sequence.
        benchmark: Name of the preprocessing; ``'MOT15'`` has none and no classes.
    """
    # TrackEval's tables are as long as the largest id, so it gets ids without gaps.
    gt_ids, gt = _renumber(sequence.gt[:, : CLASS + 1])
    track_ids, results = _renumber(sequence.results[:, : ID + 6])
    with tempfile.TemporaryDirectory(prefix='mmmaml-') as folder, silenced():
        dataset = _trackeval_dataset(Path(folder), gt, results, sequence.num_frames, benchmark)
        raw = dataset.get_raw_seq_data(TRACKER, 'sequence')
        # The overlaps are known by now. From here on TrackEval carries the boxes along row by
        # row without reading them: let them carry the ids, which it renumbers once more.
        raw['gt_dets'] = [ids[:, None] for ids in raw['gt_ids']]
        raw['tracker_dets'] = [ids[:, None] for ids in raw['tracker_ids']]
        data = dataset.get_preprocessed_seq_data(raw, 'pedestrian')
    return PreprocessedSequence(
        name=sequence.name,
        data=data,
        gt_ids=[gt_ids[ids[:, 0]] for ids in data.pop('gt_dets')],
        track_ids=[track_ids[ids[:, 0]] for ids in data.pop('tracker_dets')],
    )


def format_rows(rows: np.ndarray) -> str:
    """Format rows as text, one line each, whole numbers without a point and nothing rounded."""
    return ''.join(
        ','.join(str(int(v)) if v.is_integer() else repr(v) for v in row) + '\n'
        for row in np.asarray(rows, dtype=np.float64).tolist()
    )


def _renumber(rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    ids, index = np.unique(rows[:, ID].astype(np.int64), return_inverse=True)
    rows = rows.copy()
    rows[:, ID] = index
    return ids, rows


def _trackeval_dataset(
    folder: Path, gt: np.ndarray, results: np.ndarray, num_frames: int, benchmark: str
) -> MotChallenge2DBox:
    (folder / 'gt.txt').write_text(format_rows(gt))
    (folder / 'sequence.txt').write_text(format_rows(results))
    return MotChallenge2DBox(
        {
            'GT_FOLDER': os.fspath(folder),
            'GT_LOC_FORMAT': '{gt_folder}/gt.txt',
            'TRACKERS_FOLDER': os.fspath(folder.parent),
            'TRACKERS_TO_EVAL': [TRACKER],
            'TRACKER_SUB_FOLDER': os.fspath(folder),
            'SKIP_SPLIT_FOL': True,
            'SEQ_INFO': {'sequence': num_frames},
            'BENCHMARK': benchmark,
            'PRINT_CONFIG': False,
        }
    )


@contextlib.contextmanager
def silenced() -> Iterator[None]:
    """Keep TrackEval from printing, for instance its timings."""
    with contextlib.redirect_stdout(io.StringIO()):
        yield
