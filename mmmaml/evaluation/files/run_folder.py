"""Files of a scored test, read again for pictures and reports."""

import json
import os
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from ...utils.mot_files import FRAME
from ..recognition.reentry import reentry_rate
from ..scoring.crowd_counting import count_errors
from ..scoring.motmetrics_events import EVENT_COLUMNS
from ..scoring.tables import scores_from_json
from ..sequences import Evaluation, ScoredSequence, SequenceImages, TrackedSequence
from .count_files import last_counted_frame, read_counts_beside
from .row_files import read_row_file

SEQUENCES_FILE = 'sequences.json'


@dataclass(frozen=True, eq=False)
class ScoredRun:
    """A scored test.

    Attributes:
        folder: The folder it was read from.
        evaluation: Scores and boxes. Sequences know their images and their frame rate if the
            test wrote ``sequences.json`` and their folders are still there.
    """

    folder: Path
    evaluation: Evaluation


def read_run(folder: str | os.PathLike) -> ScoredRun:
    """Read the files of :class:`~mmmaml.evaluation.metrics.MOTMetric`.

    Args:
        folder: Its ``outdir``, which is the work folder of ``tools/test.py`` unless the config
            says otherwise.

    Raises:
        FileNotFoundError: A file is missing; the message says how to get it.
        ValueError: A file is malformed.
    """
    folder = Path(folder)
    document = _read_json(folder, 'metrics.json')
    if not isinstance(document, dict) or not {'overall', 'sequences'} <= document.keys():
        raise ValueError(f'{folder / "metrics.json"} has no overall and sequences: test again')
    places = _read_json(folder, SEQUENCES_FILE) if (folder / SEQUENCES_FILE).is_file() else {}
    check = document.get('motmetrics', {'overall': {}, 'sequences': {}})
    sequences = {}
    for name, scores in document['sequences'].items():
        sequence = _read_sequence(folder, name, places.get(name))
        events = _read_events(_existing(folder, f'events/{name}.csv'))
        rate = sequence.frame_rate
        sequences[name] = ScoredSequence(
            sequence,
            scores_from_json(scores),
            scores_from_json(check['sequences'].get(name, {})),
            events,
            None if rate is None else reentry_rate(events, sequence.gt, rate),
            count_errors(sequence, document.get('benchmark', '')),
        )
    return ScoredRun(
        folder,
        Evaluation(
            document.get('benchmark', ''),
            scores_from_json(document['overall']),
            scores_from_json(check['overall']),
            sequences,
            document.get('notes', []),
        ),
    )


def images_of(sequence: TrackedSequence) -> SequenceImages:
    """Return the place of the frames.

    Raises:
        FileNotFoundError: It is not known.
    """
    if sequence.images is None:
        raise FileNotFoundError(
            f'the test of {sequence.name} wrote no {SEQUENCES_FILE}, which says where its frames '
            'are: run tools/test.py again'
        )
    return sequence.images


def select_sequences(run: ScoredRun, names: Collection[str] | None) -> list[ScoredSequence]:
    """Select sequences of a run by name; None for all.

    Raises:
        ValueError: A name is not among them.
    """
    sequences = run.evaluation.sequences
    if unknown := sorted(set(names or []) - sequences.keys()):
        raise ValueError(
            f'{run.folder} has no sequence {", ".join(unknown)}; it has {", ".join(sequences)}'
        )
    return [each for name, each in sequences.items() if names is None or name in names]


def places_to_json(sequences: Iterable[TrackedSequence]) -> str:
    """Format the place of the frames: the folder, and the number of each tested frame."""
    document = {
        each.name: {
            'folder': os.path.abspath(each.images.folder),
            'image_numbers': each.images.numbers.tolist(),
        }
        for each in sequences
        if each.images is not None
    }
    return json.dumps(document) + '\n'


def _read_sequence(folder: Path, name: str, place: Mapping[str, Any] | None) -> TrackedSequence:
    truth, truth_file = read_row_file(_existing(folder, f'gt/{name}.txt'))
    tracks_path = _existing(folder, f'results/{name}.txt')
    tracks, tracks_file = read_row_file(tracks_path)
    images = None
    if place is not None:
        numbers = np.asarray(place['image_numbers'], dtype=np.int64)
        images = SequenceImages(Path(place['folder']), numbers)
    last = max(int(rows[:, FRAME].max(initial=0)) for rows in (truth, tracks))
    if images is None:
        num_frames = max(last, last_counted_frame(tracks_path))
    else:
        num_frames = len(images.numbers)
    return TrackedSequence(
        name,
        truth,
        tracks,
        num_frames,
        None if images is None else images.frame_rate(),
        None if images is None else images.size(),
        images=images,
        gt_file=truth_file,
        results_file=tracks_file,
        counts=read_counts_beside(tracks_path, num_frames),
    )


def _read_events(path: Path) -> pd.DataFrame:
    events = pd.read_csv(path, dtype={'gt_id': 'Int64', 'track_id': 'Int64'})
    if tuple(events.columns) != EVENT_COLUMNS:
        raise ValueError(
            f'{path} has the columns {list(events.columns)}, expected {list(EVENT_COLUMNS)}'
        )
    return events


def _read_json(folder: Path, name: str) -> Any:
    path = _existing(folder, name)
    try:
        return json.loads(path.read_text(encoding='utf-8'))
    except json.JSONDecodeError as error:
        raise ValueError(f'{path} is no JSON: {error}') from error


def _existing(folder: Path, name: str) -> Path:
    path = folder / name
    if not path.is_file():
        raise FileNotFoundError(
            f'{path} does not exist, so {folder} is not the folder of a scored test: run '
            f'`python tools/test.py CONFIG CHECKPOINT --work-dir {folder}` on sequences with '
            'ground truth, or give the outdir of MOTMetric'
        )
    return path
