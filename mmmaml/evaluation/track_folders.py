"""Ground truth and results in folders, without sequence maps: what is there is what counts."""

import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ..utils.mot_files import CLASS, FRAME, ID, VISIBILITY, read_rows, read_stated_seqinfo


@dataclass(frozen=True)
class TrackedSequence:
    """One sequence to be scored.

    Attributes:
        name: Name of the sequence.
        gt: (R, 9) rows of the ground truth that have an identity.
        results: (R, 9) rows of the tracks.
        num_frames: As ``seqinfo.ini`` states; without it, the last frame in either file.
        frame_rate: Frames per second as ``seqinfo.ini`` states; None without it.
        num_unidentified: Rows of the ground truth without identity, which are left out.
    """

    name: str
    gt: np.ndarray
    results: np.ndarray
    num_frames: int
    frame_rate: float | None
    num_unidentified: int


def find_truth(folder: str | os.PathLike) -> dict[str, Path]:
    """Ground truth in a folder: ``SEQ/gt/gt.txt`` or ``SEQ.txt``, by name of the sequence.

    Raises:
        FileNotFoundError: The folder is missing or holds none.
        ValueError: A sequence has both.
    """
    folder = Path(folder)
    _check_folder(folder, 'ground truth')
    nested = {path.parts[-3]: path for path in sorted(folder.glob('*/gt/gt.txt'))}
    flat = {path.stem: path for path in sorted(folder.glob('*.txt'))}
    if both := nested.keys() & flat.keys():
        name = min(both)
        raise ValueError(f'{nested[name]} and {flat[name]} are both ground truth of {name}')
    if not nested and not flat:
        inside = sorted({path.parts[-4] for path in folder.glob('*/*/gt/gt.txt')})
        hint = f'; did you mean {" or ".join(str(folder / name) for name in inside)}?'
        raise FileNotFoundError(
            f'{folder} holds no ground truth: expected SEQ/gt/gt.txt or SEQ.txt'
            f'{hint if inside else ""}'
        )
    found = nested | flat
    return {name: found[name] for name in sorted(found)}


def find_results(folder: str | os.PathLike) -> dict[str, Path]:
    """Tracks in a folder, ``SEQ.txt``, by name of the sequence.

    Raises:
        FileNotFoundError: The folder is missing or holds none.
    """
    folder = Path(folder)
    _check_folder(folder, 'results')
    found = {path.stem: path for path in sorted(folder.glob('*.txt'))}
    if not found:
        inside = sorted({str(path.parent) for path in folder.glob('*/*.txt')})
        hint = f'; did you mean {" or ".join(inside)}?' if inside else ''
        raise FileNotFoundError(f'{folder} holds no results: expected SEQ.txt{hint}')
    return found


def read_sequence(name: str, gt: Path, results: Path) -> TrackedSequence:
    """Read the files of one sequence; ``seqinfo.ini`` is looked for beside its ground truth.

    Raises:
        ValueError: A file is malformed; the message names file and line, or key.
    """
    nested = gt.parent.name == 'gt' and gt.parent.parent.name == name
    folder = gt.parent.parent if nested else gt.with_suffix('')
    truth, tracks = read_rows(gt), read_rows(results)
    num_frames = max(int(rows[:, FRAME].max(initial=1)) for rows in (truth, tracks))
    frame_rate = None
    if (folder / 'seqinfo.ini').is_file():
        info = read_stated_seqinfo(folder)
        num_frames, frame_rate = info.num_frames, info.frame_rate
    known = truth[:, ID] >= 0
    return TrackedSequence(
        name, _with_visibility(truth[known]), tracks, num_frames, frame_rate, int((~known).sum())
    )


def guess_benchmark(sequences: list[TrackedSequence]) -> str:
    """Whose preprocessing fits the ground truth.

    ``'MOT15'``, which compares all boxes, where no row states a class (−1, or world coordinates
    in its place); else ``'MOT20'`` if the sequences are named so; else ``'MOT17'``, which is
    that of MOT16 too.
    """
    classes = np.concatenate([np.zeros(0), *(sequence.gt[:, CLASS] for sequence in sequences)])
    world = (classes != np.round(classes)).mean() > 0.5 if len(classes) else False
    if world or (len(classes) and (classes == -1).all()):
        return 'MOT15'
    named = all(sequence.name.startswith('MOT20-') for sequence in sequences)
    return 'MOT20' if named else 'MOT17'


def _check_folder(folder: Path, what: str) -> None:
    if not folder.is_dir():
        raise FileNotFoundError(f'folder of {what} {folder} does not exist or is no folder')


def _with_visibility(rows: np.ndarray) -> np.ndarray:
    """Rows whose ninth column is the visible part, −1 where the file has something else there.

    MOT15 has world coordinates, which leave 0..1.
    """
    visibility = rows[:, VISIBILITY]
    if ((visibility != -1) & ((visibility < 0) | (visibility > 1))).any():
        rows = rows.copy()
        rows[:, VISIBILITY] = -1
    return rows
