"""The zip file that MOTChallenge's server takes, checked before and after it is written.

The server wants one text file for each sequence in the root of the archive, named as the
sequence, with ten values a row: https://motchallenge.net/instructions.
"""

import os
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ...utils.files import atomic_path
from ...utils.mot_files import HEIGHT, ID, SCORE, WIDTH
from ..benchmarks import benchmark_videos, sequence_names
from ..scoring.preprocessing import format_rows
from ..scoring.row_checks import Rows, check_track_rows
from .row_files import read_row_file

_FIRST_DATE = (1980, 1, 1, 0, 0, 0)


@dataclass(frozen=True)
class Submission:
    """Results in the form of the server.

    Attributes:
        texts: Name of each sequence to the content of its file.
        copies: Sequences whose results are those of another detector: name to that file's name.
        renumbered: Sequences whose ids counted from 0 and now count from 1.
        left_out: Files of the folder that the server does not ask for.
    """

    texts: dict[str, str]
    copies: dict[str, str]
    renumbered: list[str]
    left_out: list[str]

    def notes(self) -> list[str]:
        """Say what was done beyond packing, and what may surprise, a sentence each."""
        said = {
            'copied': [f'{name} from {source}' for name, source in self.copies.items()],
            'ids counted from 0, now from 1': self.renumbered,
            'without any track': [name for name, text in self.texts.items() if not text],
            'not asked for, left out': self.left_out,
        }
        return [f'{what}: {", ".join(names)}' for what, names in said.items() if names]


def read_submission(
    folder: str | os.PathLike,
    benchmark: str,
    split: str = 'all',
    copy_detectors: bool = False,
) -> Submission:
    """Read the results of a benchmark and check every row.

    Args:
        folder: Holds ``SEQ.txt`` of each sequence, such as ``MOT17-01-FRCNN.txt``.
        benchmark: ``'MOT15'``, ``'MOT16'``, ``'MOT17'`` or ``'MOT20'``.
        split: ``'all'`` is what the server asks for, training sequences included; ``'test'`` or
            ``'train'`` for one half.
        copy_detectors: On MOT17, if a video was tracked once, with one detector of
            MOT17 or with one's own (``MOT17-01.txt``), use these results for all three.

    Raises:
        FileNotFoundError: ``folder`` is missing, or files are; the message names all of them.
        ValueError: Rows the server would refuse or misread; the message names all files, and
            the first such row of each.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise FileNotFoundError(f'{folder} does not exist or is no folder')
    videos = benchmark_videos(benchmark, split)
    sources = _find_sources(folder, benchmark, list(videos), copy_detectors)
    texts, renumbered, problems = {}, [], []
    for path in sorted(set(sources.values())):
        length = next(frames for video, frames in videos.items() if path.stem.startswith(video))
        try:
            rows = _checked_rows(path, length)
        except ValueError as error:
            problems.append(str(error))
            continue
        if len(rows) and rows[:, ID].min() == 0:
            rows[:, ID] += 1
            renumbered.append(path.stem)
        texts[path.stem] = _format(rows)
    if problems:
        raise ValueError(f'nothing was written, {len(problems)} files:\n' + '\n'.join(problems))
    known = {path.name for path in sources.values()}
    return Submission(
        {name: texts[path.stem] for name, path in sources.items()},
        {name: path.name for name, path in sources.items() if path.stem != name},
        renumbered,
        sorted(path.name for path in folder.glob('*.txt') if path.name not in known),
    )


def write_submission(path: str | os.PathLike, texts: Mapping[str, str]) -> None:
    """Write the archive, whole or not at all, and read it again.

    The same results give the same bytes.

    Args:
        path: ``*.zip``.
        texts: Name of each sequence to the content of its file.

    Raises:
        OSError: What is read again is not what was written; ``path`` is left as it was.
    """
    with atomic_path(path) as temporary:
        with zipfile.ZipFile(temporary, 'w', zipfile.ZIP_DEFLATED) as archive:
            for name, text in sorted(texts.items()):
                entry = zipfile.ZipInfo(f'{name}.txt', _FIRST_DATE)
                entry.compress_type = zipfile.ZIP_DEFLATED
                entry.external_attr = 0o644 << 16
                archive.writestr(entry, text)
        _check_archive(temporary, texts, path)


def _find_sources(
    folder: Path, benchmark: str, videos: list[str], copy_detectors: bool
) -> dict[str, Path]:
    """Find the file of each name that the server asks for."""
    sources, missing, single = {}, [], False
    for video in videos:
        names = sequence_names(benchmark, video)
        there = {name: path for name in names if (path := folder / f'{name}.txt').is_file()}
        absent = [name for name in names if name not in there]
        candidates = list(there.values())
        if absent and (own := folder / f'{video}.txt').is_file():
            candidates.append(own)
        if absent and len(candidates) == 1:
            single = True
            if copy_detectors:
                there |= dict.fromkeys(absent, candidates[0])
                absent = []
        sources.update(there)
        missing += absent
    if missing:
        named = ', '.join(f'{name}.txt' for name in missing)
        hint = ' Or use the results of the one detector that was run (--copy-detectors).'
        found = len(list(folder.glob('*.txt')))
        raise FileNotFoundError(
            f'{folder} holds {found} text files and lacks {len(missing)} that the server asks for '
            f'on {benchmark}: {named}.{hint if single and not copy_detectors else ""}'
        )
    return sources


def _checked_rows(path: Path, num_frames: int) -> np.ndarray:
    values, file = read_row_file(path)
    rows = Rows(f'tracks of {path.stem}', values, file)
    check_track_rows(rows, num_frames)
    empty = np.less_equal(values[:, [WIDTH, HEIGHT]].min(axis=1), 0)
    rows.refuse(empty, 'has a box without width or height')
    return values


def _format(rows: np.ndarray) -> str:
    """Format the ten columns of the server; world coordinates are not used in 2D."""
    return format_rows(np.column_stack([rows[:, : SCORE + 1], np.full((len(rows), 3), -1.0)]))


def _check_archive(archive: Path, texts: Mapping[str, str], path: str | os.PathLike) -> None:
    with zipfile.ZipFile(archive) as opened:
        broken = opened.testzip()
        held = {name: opened.read(name) for name in opened.namelist() if broken is None}
    if held != {f'{name}.txt': text.encode() for name, text in texts.items()}:
        raise OSError(f'{path} was not written: what was read again differs (a full disk?)')
