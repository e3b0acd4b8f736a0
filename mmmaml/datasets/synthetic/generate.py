"""Demo sequences on disk, in the MOTChallenge layout."""

import os
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np

from ...utils.files import atomic_path, write_text
from ...utils.mot_files import (
    CLASS,
    FRAME,
    HEIGHT,
    ID,
    LEFT,
    NUM_COLUMNS,
    PEDESTRIAN,
    SCORE,
    VISIBILITY,
)
from .noisy_detections import simulate_detections
from .render import Frame, render_sequence
from .specs import SequenceAppearance, SequenceSpec

STATIC_PERSON = 7
PREFIX = 'DEMO'

Progress = Callable[[str, int, int], None]


def generate_sequence(
    spec: SequenceSpec, out_dir: str | os.PathLike, progress: Progress | None = None
) -> Path:
    """Write ``out_dir/NAME/{img1,gt/gt.txt,det/det.txt,seqinfo.ini}``.

    The same spec gives the same bytes. Files of an earlier run are replaced one by one;
    ``seqinfo.ini`` comes last, so a folder without it was not finished.

    Args:
        spec: The sequence.
        out_dir: Folder in which the sequence folder is made.
        progress: Called after each frame with the name, the frames done and all frames.

    Returns:
        The sequence folder.

    Raises:
        FileExistsError: The folder holds a longer sequence, whose frames would be left over.
    """
    folder = Path(out_dir) / spec.name
    _refuse_leftovers(folder / 'img1', spec.num_frames)
    (folder / 'seqinfo.ini').unlink(missing_ok=True)
    truth = []
    for number, frame in enumerate(render_sequence(spec), start=1):
        _write_image(folder / 'img1' / f'{number:06d}.jpg', frame.image, spec.jpeg_quality)
        truth.append(_truth_rows(number, frame, spec.num_people))
        if progress is not None:
            progress(spec.name, number, spec.num_frames)
    rows = np.concatenate(truth)
    rng = np.random.default_rng([spec.seed, 3])
    _write_truth(folder / 'gt' / 'gt.txt', rows)
    _write_detections(folder / 'det' / 'det.txt', simulate_detections(spec, rows, rng))
    write_text(folder / 'seqinfo.ini', _seqinfo(spec))
    return folder


def generate_dataset(
    root: str | os.PathLike,
    num_train: int = 4,
    num_test: int = 2,
    seed: int = 0,
    appearances: Sequence[SequenceAppearance] = (SequenceAppearance(),),
    progress: Progress | None = None,
    **spec: object,
) -> list[Path]:
    """Write ``root/train`` and ``root/test`` with sequences that share nobody.

    Args:
        root: Folder of the data set.
        num_train: Sequences under ``train``, named ``DEMO-01`` and so on.
        num_test: Sequences under ``test``; numbering goes on. They have ground truth too.
        seed: Decides everything; another seed gives other people in other streets.
        appearances: Appearances of the sequences, taken in turn.
        progress: See :func:`generate_sequence`.
        **spec: Other fields of :class:`SequenceSpec` for all sequences, such as ``num_frames``.

    Returns:
        The sequence folders.
    """
    root = Path(root)
    specs = dataset_specs(num_train + num_test, seed, appearances, **spec)
    subsets = ['train'] * num_train + ['test'] * num_test
    return [
        generate_sequence(one, root / subset, progress)
        for one, subset in zip(specs, subsets, strict=True)
    ]


def dataset_specs(
    count: int,
    seed: int,
    appearances: Sequence[SequenceAppearance] = (SequenceAppearance(),),
    **fields: object,
) -> list[SequenceSpec]:
    """Specs of ``count`` sequences with people of their own."""
    base = SequenceSpec(f'{PREFIX}-00', people_seed=seed, **fields)  # type: ignore[arg-type]
    return [
        replace(
            base,
            name=f'{PREFIX}-{k + 1:02d}',
            seed=1000 * seed + k,
            first_person=k * base.num_people,
            appearance=appearances[k % len(appearances)],
        )
        for k in range(count)
    ]


def _truth_rows(number: int, frame: Frame, num_people: int) -> np.ndarray:
    rows = np.zeros((len(frame.ids), NUM_COLUMNS))
    rows[:, FRAME], rows[:, ID] = number, frame.ids
    rows[:, LEFT : HEIGHT + 1] = frame.boxes
    pedestrian = frame.ids <= num_people
    rows[:, SCORE] = pedestrian  # in a ground truth file: whether the row is considered
    rows[:, CLASS] = np.where(pedestrian, PEDESTRIAN, STATIC_PERSON)
    rows[:, VISIBILITY] = frame.visibility
    return rows


def _write_image(path: Path, image: np.ndarray, quality: int) -> None:
    ok, data = cv2.imencode('.jpg', image, [cv2.IMWRITE_JPEG_QUALITY, quality])
    if not ok:
        raise OSError(f'{path} could not be encoded as JPEG')
    with atomic_path(path) as temporary:
        temporary.write_bytes(data.tobytes())


def _write_truth(path: Path, rows: np.ndarray) -> None:
    rows = rows[np.lexsort((rows[:, FRAME], rows[:, ID]))]
    lines = [f'{_join(row[:VISIBILITY], 0)},{row[VISIBILITY]:.5f}\n' for row in rows]
    write_text(path, ''.join(lines))


def _write_detections(path: Path, rows: np.ndarray) -> None:
    lines = [
        f'{_join(row[:LEFT], 0)},{_join(row[LEFT:SCORE], 1)},{row[SCORE]:.4f}\n' for row in rows
    ]
    write_text(path, ''.join(lines))


def _join(values: np.ndarray, digits: int) -> str:
    return ','.join(f'{value:.{digits}f}' for value in values)


def _seqinfo(spec: SequenceSpec) -> str:
    return (
        f'[Sequence]\nname={spec.name}\nimDir=img1\nframeRate={spec.frame_rate}\n'
        f'seqLength={spec.num_frames}\nimWidth={spec.size[0]}\nimHeight={spec.size[1]}\n'
        'imExt=.jpg\n'
    )


def _refuse_leftovers(folder: Path, num_frames: int) -> None:
    longest = max((int(p.stem) for p in folder.glob('*.jpg') if p.stem.isdigit()), default=0)
    if longest > num_frames:
        raise FileExistsError(
            f'{folder} holds {longest} frames and the new sequence has {num_frames}: choose '
            'another folder or remove it'
        )
