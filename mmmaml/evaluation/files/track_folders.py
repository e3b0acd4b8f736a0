"""Ground truth and results in folders, without sequence maps."""

import os
from pathlib import Path

import numpy as np

from ...utils.mot_files import CLASS, FRAME, ID, read_stated_seqinfo
from ..sequences import TrackedSequence
from .count_files import last_counted_frame, read_counts_beside
from .row_files import read_row_file


def find_truth(folder: str | os.PathLike) -> dict[str, Path]:
    """Find ground truth in a folder, ``SEQ/gt/gt.txt`` or ``SEQ.txt``, by name of the sequence.

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
        if (folder / 'gt' / 'gt.txt').is_file():
            inside, hint = ['..'], '; it is a sequence itself: give the folder above it'
        raise FileNotFoundError(
            f'{folder} holds no ground truth: expected SEQ/gt/gt.txt or SEQ.txt'
            f'{hint if inside else ""}'
        )
    found = nested | flat
    return {name: found[name] for name in sorted(found)}


def find_results(folder: str | os.PathLike) -> dict[str, Path]:
    """Find tracks in a folder, ``SEQ.txt``, by name of the sequence.

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


def read_sequence(
    name: str, gt: Path, results: Path, frame_rate: float | None = None
) -> TrackedSequence:
    """Read the files of one sequence.

    Number of frames and frame rate are those of a ``seqinfo.ini`` beside the ground truth;
    without it, the last frame in any file is the last one. Counted people are read from
    ``SEQ_counts.csv`` beside the tracks, if it is there.

    Args:
        name: Name of the sequence.
        gt: File of the ground truth.
        results: File of the tracks.
        frame_rate: Frames per second if there is no ``seqinfo.ini``.

    Raises:
        ValueError: A file is malformed; the message names file and line, or key.
    """
    nested = gt.parent.name == 'gt' and gt.parent.parent.name == name
    folder = gt.parent.parent if nested else gt.with_suffix('')
    truth, truth_file = read_row_file(gt)
    tracks, tracks_file = read_row_file(results)
    last = max(int(rows[:, FRAME].max(initial=1)) for rows in (truth, tracks))
    num_frames = max(last, last_counted_frame(results))
    image_size = None
    if (folder / 'seqinfo.ini').is_file():
        info = read_stated_seqinfo(folder)
        num_frames, frame_rate = info.num_frames, info.frame_rate
        image_size = info.width, info.height
    return TrackedSequence(
        name,
        truth,
        tracks,
        num_frames,
        frame_rate,
        image_size,
        gt_file=truth_file,
        results_file=tracks_file,
        counts=read_counts_beside(results, num_frames),
    )


def guess_benchmark(sequences: list[TrackedSequence]) -> str:
    """Guess the preprocessing that fits the ground truth.

    ``'MOT15'``, which compares all boxes, if no row states a class (−1, or world coordinates
    in its place); else ``'MOT20'`` if the sequences are named so; else ``'MOT17'``, which is
    that of MOT16 too.

    Raises:
        ValueError: Some sequences state classes and others do not.
    """
    without: list[str] = []
    with_classes: list[str] = []
    for each in sequences:
        classes = each.gt[each.gt[:, ID] >= 0, CLASS]
        if len(classes):
            (with_classes if _are_classes(classes) else without).append(each.name)
    if without and with_classes:
        raise ValueError(
            f'the ground truth of {", ".join(without)} states no class, that of '
            f'{", ".join(with_classes)} does: score them apart (--sequences), or all without '
            'classes (--benchmark MOT15)'
        )
    if without:
        return 'MOT15'
    named = all(each.name.startswith('MOT20-') for each in sequences)
    return 'MOT20' if named else 'MOT17'


def _are_classes(values: np.ndarray) -> bool:
    """Tell if column 8 of some rows states classes, one of which may be wrong."""
    world = (values != np.round(values)).mean() > 0.5
    return not world and not (values == -1).all()


def _check_folder(folder: Path, what: str) -> None:
    if not folder.is_dir():
        raise FileNotFoundError(f'folder of {what} {folder} does not exist or is no folder')
