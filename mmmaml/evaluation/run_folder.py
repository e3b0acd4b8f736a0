"""What a scored test leaves in its folder, read again: for pictures and reports."""

import json
import os
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from ..utils.mot_files import SequenceInfo, read_rows, read_seqinfo
from .frame_tracks import SequenceTracks
from .motmetrics_events import EVENT_COLUMNS

SEQUENCES_FILE = 'sequences.json'


@dataclass(frozen=True)
class ScoredSequence:
    """One sequence of a scored test. Frames count from 1 within the tested part.

    Attributes:
        name: Name of the sequence.
        truth: (R, 9) rows of the ground truth that was used.
        tracks: (R, 9) rows of the tracks.
        events: What happened, see :class:`~.motmetrics_events.SequenceEvents`.
        folder: The sequence folder, None where it is not known.
        image_numbers: (T,) number of each tested frame in the files of the sequence.
    """

    name: str
    truth: np.ndarray
    tracks: np.ndarray
    events: pd.DataFrame
    folder: Path | None
    image_numbers: np.ndarray

    @property
    def num_frames(self) -> int:
        """Tested frames T."""
        return len(self.image_numbers)

    def info(self) -> SequenceInfo:
        """Frame rate and images of the sequence.

        Raises:
            FileNotFoundError: It is not known where it lies, or it is not there any more.
        """
        if self.folder is None:
            raise FileNotFoundError(
                f'the test of {self.name} wrote no {SEQUENCES_FILE}, which says where its frames '
                'are: run tools/test.py again'
            )
        return read_seqinfo(self.folder)

    def frame_rate(self) -> float | None:
        """Frames per second, None where it is not known."""
        try:
            return self.info().frame_rate
        except (FileNotFoundError, ValueError):
            return None

    def image_paths(self) -> list[Path]:
        """T paths of the tested frames.

        Raises:
            FileNotFoundError: As :meth:`info`, or one of the frames is missing.
        """
        info = self.info()
        paths = [info.image_path(number) for number in self.image_numbers.tolist()]
        if missing := [path for path in paths if not path.is_file()]:
            raise FileNotFoundError(
                f'{len(missing)} of {len(paths)} tested frames of {self.name} are missing, the '
                f'first is {missing[0]}'
            )
        return paths


@dataclass(frozen=True)
class ScoredRun:
    """A scored test.

    Attributes:
        folder: Where it was read from.
        scores: Content of ``metrics.json``: ``overall``, ``sequences``, ``motmetrics``.
        sequences: By name, in the order of the scores.
    """

    folder: Path
    scores: dict[str, Any]
    sequences: dict[str, ScoredSequence]


def read_run(folder: str | os.PathLike) -> ScoredRun:
    """Read what :class:`~.metrics.MOTMetric` wrote.

    Args:
        folder: Its ``outdir``, which is the work folder of ``tools/test.py`` unless the config
            says otherwise.

    Raises:
        FileNotFoundError: A file is missing; the message says how to get it.
        ValueError: A file is malformed.
    """
    folder = Path(folder)
    scores = _read_json(folder, 'metrics.json')
    if not isinstance(scores, dict) or not {'overall', 'sequences'} <= scores.keys():
        raise ValueError(f'{folder / "metrics.json"} has no overall and sequences: test again')
    places = _read_json(folder, SEQUENCES_FILE) if (folder / SEQUENCES_FILE).is_file() else {}
    sequences = {
        name: _read_sequence(folder, name, places.get(name)) for name in scores['sequences']
    }
    return ScoredRun(folder, scores, sequences)


def select_sequences(run: ScoredRun, names: Collection[str] | None) -> list[ScoredSequence]:
    """Sequences of a run by name; None for all.

    Raises:
        ValueError: A name is not among them.
    """
    if unknown := sorted(set(names or []) - run.sequences.keys()):
        raise ValueError(
            f'{run.folder} has no sequence {", ".join(unknown)}; it has {", ".join(run.sequences)}'
        )
    return [each for name, each in run.sequences.items() if names is None or name in names]


def sequences_to_json(sequences: Mapping[str, SequenceTracks]) -> str:
    """Where the frames of each sequence are: its folder, and the number of each tested frame."""
    document = {
        name: {
            'folder': os.path.abspath(each.sequence_dir),
            'image_numbers': each.image_numbers.tolist(),
        }
        for name, each in sequences.items()
    }
    return json.dumps(document) + '\n'


def _read_sequence(folder: Path, name: str, place: Mapping[str, Any] | None) -> ScoredSequence:
    truth = read_rows(_existing(folder, f'gt/{name}.txt'))
    tracks = read_rows(_existing(folder, f'results/{name}.txt'))
    events = _read_events(_existing(folder, f'events/{name}.csv'))
    if place is not None:
        numbers = np.asarray(place['image_numbers'], dtype=np.int64)
        return ScoredSequence(name, truth, tracks, events, Path(place['folder']), numbers)
    last = max(rows[:, 0].max(initial=0) for rows in (truth, tracks))
    return ScoredSequence(name, truth, tracks, events, None, np.arange(1, int(last) + 1))


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
