"""MOTA, IDF1, IDs, HOTA and their kin as a metric of the MMEngine test loop."""

import contextlib
import os
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from mmdet.evaluation.metrics.base_video_metric import BaseVideoMetric
from mmengine.logging import print_log

from ...postprocessing import OfflineTracks
from ...registry import METRICS
from ...utils.files import atomic_path, write_text
from ...utils.mot_files import NUM_COLUMNS, frame_number, read_stated_seqinfo, write_results
from ..benchmarks import check_benchmark
from ..files import count_files
from ..files.row_files import read_row_file
from ..files.run_folder import SEQUENCES_FILE, places_to_json
from ..scoring.crowd_counting import counting_scores, people_per_frame, sum_counting
from ..scoring.preprocessing import format_rows
from ..scoring.tables import evaluation_to_json, legend, markdown_table, terminal_table
from ..scoring.track_evaluation import check_tracks, evaluate_tracks
from ..scoring.unused_rows import said
from ..sequences import Evaluation, SequenceImages, TrackedSequence
from .frame_tracks import FrameTracks, frames_of_sample, merge_frames
from .gathering import VideoGatherer


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
    tracks: they are left out, of ``gt/SEQ.txt`` too. They are no misses, and a track on one of
    them is a false positive. The log and ``metrics.json`` count all that was read and not used.

    A model that counts the crowd gives ``crowd_count`` in the metainfo of each frame. The counts
    are then written to ``results/SEQ_counts.csv`` and compared with the true number of people:
    ``CountMAE``, ``CountBias`` and ``CountRelative`` (absolute error as a fraction of all
    people), with ``Box`` and ``Track`` before them for the numbers of detections and of tracks.

    Args:
        outdir: Folder for ``results/SEQ.txt`` (what the MOTChallenge server takes),
            ``sequences.json`` (where their frames are), ``gt/SEQ.txt`` and ``events/SEQ.csv`` of
            the scored sequences, ``metrics.json`` (fractions) and ``metrics.md`` (percent). What
            is there and not written anew stays untouched. None writes nothing.
        benchmark: Name of the preprocessing. ``'MOT16'``, ``'MOT17'``, ``'MOT20'`` leave
            distractors and ignored boxes out; ``'MOT15'`` compares all boxes, for ground truth
            without classes.
        postprocessing: What is done to the tracks of a video that is over, before they are
            written: ``join`` and ``interpolate``, options of
            :class:`~mmmaml.postprocessing.JoinOptions` and
            :class:`~mmmaml.postprocessing.InterpolationOptions`, ``dict()`` for their defaults.
            Joining needs the features that ``OnlineMetaTracker`` gives with its tracks. None
            scores what the tracker said online.
        count_score_thr: Detections of at least this score are counted as people beside a model
            that counts, see the class.
        collect_device: mmengine's; only ``'cpu'`` is supported.
        prefix: Goes before the metric names, ``mot/MOTA``. None means ``'mot'``.
    """

    default_prefix = 'mot'

    def __init__(
        self,
        outdir: str | os.PathLike | None = None,
        benchmark: str = 'MOT17',
        postprocessing: Mapping[str, Any] | None = None,
        count_score_thr: float = 0.4,
        collect_device: str = 'cpu',
        prefix: str | None = None,
    ) -> None:
        super().__init__(collect_device=collect_device, prefix=prefix)
        check_benchmark(benchmark)
        wanted = {k: v for k, v in (postprocessing or {}).items() if v is not None}
        OfflineTracks(1.0, **wanted)  # refuses bad options before the test
        if collect_device != 'cpu':
            raise ValueError(
                f'collect_device={collect_device!r}: results of videos are gathered on the '
                "'cpu', through a folder that all processes see"
            )
        self.outdir = None if outdir is None else Path(outdir)
        self.benchmark = benchmark
        self.postprocessing = wanted
        self.count_score_thr = count_score_thr
        self._gatherer = VideoGatherer(wanted)

    def check_ground_truth(self, images: Mapping[Path, Sequence[Path]]) -> None:
        """Refuse ground truth that could not be scored, before the first frame is tracked.

        Args:
            images: Sequence folder to the paths of its frames that are going to be tested.

        Raises:
            ValueError: As :func:`~mmmaml.evaluation.scoring.track_evaluation.check_tracks`; the
                message names file and line.
        """
        sequences = [
            TrackedSequence(
                folder.name,
                gt=np.empty((0, NUM_COLUMNS)),
                results=np.empty((0, NUM_COLUMNS)),
                num_frames=len(paths),
                images=SequenceImages(folder, np.array([frame_number(path) for path in paths])),
            )
            for folder, paths in images.items()
        ]
        with_truth = [each for each in sequences if _truth_path(each).is_file()]
        _log_unscored(sequences, with_truth)
        if with_truth:
            check_tracks(map(_read_truth, with_truth), self.benchmark)

    def process(self, data_batch: dict | None, data_samples: Sequence[Mapping]) -> None:
        """Keep the tracks of a batch.

        Args:
            data_batch: Not used.
            data_samples: Dictionaries of tracking samples; see the class.
        """
        for data_sample in data_samples:
            with_feats = 'join' in self.postprocessing
            frames = frames_of_sample(data_sample, with_feats, self.count_score_thr)
            for frame, feats in frames:
                gathered = self._gatherer.add(frame, feats) if self.postprocessing else frame
                self.results.append(gathered)

    def compute_metrics(self, results: list[FrameTracks]) -> dict[str, float]:
        """Write and score the sequences.

        Args:
            results: Frames of all processes, in any order.

        Returns:
            Metric name to its value over all sequences, ratios as fractions; empty if no
            sequence has ground truth.
        """
        merged = merge_frames(results)
        if self.postprocessing:
            sequences = [_postprocessed(each, offline) for each, offline in merged]
        else:
            sequences = [each for each, _ in merged]
        with self._open_outdir() as folder:
            sequences = [_write_tracks(folder / 'results', each) for each in sequences]
            write_text(folder / SEQUENCES_FILE, places_to_json(sequences))
            with_truth = [each for each in sequences if _truth_path(each).is_file()]
            _log_unscored(sequences, with_truth)
            if not with_truth:
                return {}
            with_truth = [_read_truth(each) for each in with_truth]
            evaluation = evaluate_tracks(with_truth, self.benchmark)
            notes = [*evaluation.notes, *_untested_truth(with_truth)]
            evaluation = replace(evaluation, notes=notes)
            _write_evaluation(folder, evaluation)
        table = terminal_table(evaluation, cross_check=True)
        print_log(f'Tracking scores ({self.benchmark}):\n{table}', logger='current')
        for note in evaluation.notes:
            print_log(note, logger='current')
        counting = sum_counting(each.counting for each in evaluation.sequences.values())
        scores = {**evaluation.overall, **counting_scores(counting)}
        return {name: float(value) for name, value in scores.items()}

    @contextlib.contextmanager
    def _open_outdir(self) -> Iterator[Path]:
        if self.outdir is not None:
            yield self.outdir
            return
        with tempfile.TemporaryDirectory(prefix='mmmaml-') as folder:
            yield Path(folder)


def _postprocessed(sequence: TrackedSequence, offline: OfflineTracks | None) -> TrackedSequence:
    """Join and interpolate the tracks of a sequence."""
    if offline is None:
        raise ValueError(
            f'{sequence.name} was not tracked as a whole, frame by frame, by one process, which '
            "postprocessing needs: sample it with mmdet's TrackImgSampler, or test without "
            'postprocessing'
        )
    return replace(sequence, results=offline.finish(sequence.results))


def _write_tracks(folder: Path, sequence: TrackedSequence) -> TrackedSequence:
    """Write the result file and take what it holds, that is the rounded rows; counts likewise."""
    path = folder / f'{sequence.name}.txt'
    write_results(path, sequence.results)
    rows, file = read_row_file(path)
    counts, length = sequence.counts, sequence.num_frames
    if counts is None:
        count_files.counts_file(path).unlink(missing_ok=True)  # of tracks that are no more
    else:
        columns = {
            count_files.FRAME: np.arange(1, length + 1),
            count_files.DENSITY: counts.density,
            count_files.BOXES: counts.boxes,
            count_files.TRACKS: people_per_frame(rows, length),
        }
        count_files.write_counts(count_files.counts_file(path), columns)
        counts = count_files.read_counts_beside(path, length)
    return replace(sequence, results=rows, results_file=file, counts=counts)


def _truth_path(sequence: TrackedSequence) -> Path:
    assert sequence.images is not None
    return sequence.images.folder / 'gt' / 'gt.txt'


def _read_truth(sequence: TrackedSequence) -> TrackedSequence:
    """Add the ground truth of the tested frames, and the size of the frames if it is stated."""
    rows, file = read_row_file(_truth_path(sequence))
    assert sequence.images is not None
    rows, inside = sequence.images.cut(rows)
    size = None
    if (sequence.images.folder / 'seqinfo.ini').is_file():
        info = read_stated_seqinfo(sequence.images.folder)
        size = info.width, info.height
    return replace(sequence, gt=rows, gt_file=file.take(inside), image_size=size)


def _untested_truth(sequences: list[TrackedSequence]) -> list[str]:
    """Say how much ground truth belongs to frames that were not tested."""
    counts = {}
    for each in sequences:
        untested = len(read_row_file(_truth_path(each))[0]) - len(each.gt)
        counts[each.name] = {'Ground truth of frames that were not tested': untested}
    return said(counts)


def _log_unscored(sequences: list[TrackedSequence], scored: list[TrackedSequence]) -> None:
    scored_names = {each.name for each in scored}
    if names := [each.name for each in sequences if each.name not in scored_names]:
        print_log(
            f'{len(names)} of {len(sequences)} sequences have no gt/gt.txt and are not scored: '
            f'{", ".join(names)}',
            logger='current',
        )


def _write_evaluation(folder: Path, evaluation: Evaluation) -> None:
    for name, scored in evaluation.sequences.items():
        write_text(folder / 'gt' / f'{name}.txt', format_rows(scored.sequence.gt))
        with atomic_path(folder / 'events' / f'{name}.csv') as path:
            scored.events.to_csv(path, index=False)
    write_text(folder / 'metrics.json', evaluation_to_json(evaluation))
    parts = [markdown_table(evaluation, cross_check=True).strip(), *legend(evaluation)]
    write_text(folder / 'metrics.md', '\n\n'.join(parts) + '\n')
