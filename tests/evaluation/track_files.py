"""Ground truth and tracks in files, written by hand."""

from pathlib import Path

import numpy as np

from mmmaml.evaluation.scoring.preprocessing import format_rows

RATE = 10


def write_truth(folder: Path, name: str, rows: np.ndarray, num_frames: int | None = None) -> Path:
    """``SEQ/gt/gt.txt``, and ``SEQ/seqinfo.ini`` where the number of frames is given."""
    path = folder / name / 'gt' / 'gt.txt'
    path.parent.mkdir(parents=True)
    path.write_text(format_rows(rows))
    if num_frames is not None:
        (folder / name / 'seqinfo.ini').write_text(
            f'[Sequence]\nname={name}\nimDir=img1\nframeRate={RATE}\nseqLength={num_frames}\n'
            'imWidth=640\nimHeight=480\nimExt=.jpg\n'
        )
    return path


def write_tracks(folder: Path, name: str, rows: np.ndarray) -> Path:
    """``SEQ.txt`` with the ten columns of a result."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f'{name}.txt'
    path.write_text(format_rows(np.column_stack([rows[:, :7], np.full((len(rows), 3), -1.0)])))
    return path
