"""MOTA, IDF1, IDs, HOTA and their kin as a metric of the MMEngine test loop."""

import contextlib
import os
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
from mmdet.evaluation.metrics.base_video_metric import BaseVideoMetric
from mmengine.logging import print_log

from ...registry import METRICS
from ...utils.files import atomic_path, write_text
from ...utils.mot_files import ID, read_rows, write_results
from ..frame_tracks import FrameTracks, SequenceTracks, frames_of_sample, merge_frames
from ..preprocessing import format_rows
from ..row_checks import check_benchmark
from ..run_folder import SEQUENCES_FILE, sequences_to_json
from ..tables import markdown_table, scores_to_json, terminal_table
from ..track_evaluation import TrackEvaluation, evaluate_tracks


@METRICS.register_module()
class MOTMetric(BaseVideoMetric):
    """Evaluate multi-object tracking on sequences in MOTChallenge layout.

    Works in the test loops of mmdet (clips or single frames) and of mmtrack. It needs the
    metainfo ``img_path``, ``frame_id`` (from 0 within the tested split), ``ori_video_length`` or
    ``video_length``, and ``pred_track_instances`` with ``bboxes`` (xyxy in pixels of the original
    image), ``scores`` and ``instances_id`` (−1: not reported). Ground truth is read from
    ``SEQ/gt/gt.txt``, cut to the tested frames; in all files frames count from 1 within the split.

    What is scored is what the result files say, rounding included, so TrackEval run by hand on
    the files gives the same numbers. A sequence without ground truth (a test set) is written and
    not scored.

    Ground truth boxes without identity (id −1, kept for training detectors) cannot be scored as
    tracks: they are left out, of ``gt/SEQ.txt`` too, and the log counts them for each sequence.
    They are no misses, and a track on one of them is a false positive.

    Args:
        outdir: Folder for ``results/SEQ.txt`` (what the MOTChallenge server takes),
            ``sequences.json`` (where their frames are), ``gt/SEQ.txt`` and ``events/SEQ.csv`` of
            the scored sequences, ``metrics.json`` (fractions) and ``metrics.md`` (percent). What
            is there and not written anew stays untouched. None writes nothing.
        benchmark: Whose preprocessing applies. ``'MOT16'``, ``'MOT17'``, ``'MOT20'`` leave
            distractors and ignored boxes out; ``'MOT15'`` compares all boxes, for ground truth
            without classes.
        collect_device: mmengine's; only ``'cpu'`` is supported.
        prefix: Goes before the metric names, ``mot/MOTA``. None means ``'mot'``.
    """

    default_prefix = 'mot'

    def __init__(
        self,
        outdir: str | os.PathLike | None = None,
        benchmark: str = 'MOT17',
        collect_device: str = 'cpu',
        prefix: str | None = None,
    ) -> None:
        super().__init__(collect_device=collect_device, prefix=prefix)
        check_benchmark(benchmark)
        if collect_device != 'cpu':
            raise ValueError(
                f'collect_device={collect_device!r}: results of videos are gathered on the '
                "'cpu', through a folder that all processes see"
            )
        self.outdir = None if outdir is None else Path(outdir)
        self.benchmark = benchmark

    def process(self, data_batch: dict | None, data_samples: Sequence[Mapping]) -> None:
        """Keep the tracks of a batch.

        Args:
            data_batch: Not used.
            data_samples: Dictionaries of tracking samples; see the class.
        """
        for data_sample in data_samples:
            self.results.extend(frames_of_sample(data_sample))

    def compute_metrics(self, results: list[FrameTracks]) -> dict[str, float]:
        """Write and score the sequences.

        Args:
            results: Frames of all processes, in any order.

        Returns:
            Metric name to its value over all sequences, ratios as fractions; empty where no
            sequence has ground truth.
        """
        sequences = merge_frames(results)
        with self._open_outdir() as folder:
            written = _write_tracks(folder / 'results', sequences)
            write_text(folder / SEQUENCES_FILE, sequences_to_json(sequences))
            gt = _read_ground_truth(sequences)
            _log_unscored(sequences.keys() - gt.keys(), len(sequences))
            if not gt:
                return {}
            evaluation = evaluate_tracks(
                gt,
                {name: written[name] for name in gt},
                {name: len(sequences[name].image_numbers) for name in gt},
                self.benchmark,
            )
            _write_evaluation(folder, gt, evaluation)
        table = terminal_table(evaluation.scores, evaluation.cross_check)
        print_log(f'Tracking scores ({self.benchmark}):\n{table}', logger='current')
        return {name: float(value) for name, value in evaluation.scores.overall.items()}

    @contextlib.contextmanager
    def _open_outdir(self) -> Iterator[Path]:
        if self.outdir is not None:
            yield self.outdir
            return
        with tempfile.TemporaryDirectory(prefix='mmmaml-') as folder:
            yield Path(folder)


def _write_tracks(folder: Path, sequences: Mapping[str, SequenceTracks]) -> dict[str, np.ndarray]:
    """Write result files and return what they hold, that is the rounded rows."""
    written = {}
    for name, sequence in sequences.items():
        path = folder / f'{name}.txt'
        write_results(path, sequence.rows)
        written[name] = read_rows(path)
    return written


def _read_ground_truth(sequences: Mapping[str, SequenceTracks]) -> dict[str, np.ndarray]:
    """Ground truth of the tested frames, of the sequences that have any."""
    paths = {name: s.sequence_dir / 'gt' / 'gt.txt' for name, s in sequences.items()}
    return {
        name: _with_identity(name, sequences[name].cut(read_rows(path)))
        for name, path in paths.items()
        if path.is_file()
    }


def _with_identity(name: str, rows: np.ndarray) -> np.ndarray:
    known = rows[:, ID] >= 0
    if not known.all():
        print_log(
            f'{name}: {int((~known).sum())} of {len(rows)} ground truth boxes have no identity '
            '(id < 0) and are left out of scoring',
            logger='current',
        )
    return rows[known]


def _log_unscored(names: set[str], num_sequences: int) -> None:
    if names:
        print_log(
            f'{len(names)} of {num_sequences} sequences have no gt/gt.txt and are not scored: '
            f'{", ".join(sorted(names))}',
            logger='current',
        )


def _write_evaluation(
    folder: Path, gt: Mapping[str, np.ndarray], evaluation: TrackEvaluation
) -> None:
    for name, rows in gt.items():
        write_text(folder / 'gt' / f'{name}.txt', format_rows(rows))
        with atomic_path(folder / 'events' / f'{name}.csv') as path:
            evaluation.events[name].to_csv(path, index=False)
    tables = (evaluation.scores, evaluation.cross_check)
    write_text(folder / 'metrics.json', scores_to_json(*tables))
    write_text(folder / 'metrics.md', markdown_table(*tables))
