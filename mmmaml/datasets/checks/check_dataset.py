"""All problems of a dataset in the MOTChallenge layout at once."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from ...utils.mot_files import read_stated_seqinfo
from .check_frames import check_frames, check_unstated_frames, find_frames
from .check_rows import RowReport, check_detections, check_truth
from .problems import Problem

_PARTS = ('seqinfo.ini', 'img1', 'gt', 'det')


@dataclass(frozen=True)
class SequenceSummary:
    """Content of a sequence.

    Attributes:
        root: The sequence folder.
        num_frames: Frames that are there, of those stated.
        num_boxes: Usable rows of the ground truth.
        num_identities: People in them.
        num_counted: Considered pedestrians: what scores compare tracks with.
        num_trainable: Rows that Re-ID can learn from.
        num_single: People with one such row, whom no task can use.
        classes: Usable rows of each class by its name.
        has_truth: True if there is a ground truth with rows.
    """

    root: Path
    num_frames: int
    num_boxes: int
    num_identities: int
    num_counted: int
    num_trainable: int
    num_single: int
    classes: dict[str, int]
    has_truth: bool


@dataclass(frozen=True)
class DatasetReport:
    """Content of a dataset and its problems.

    Attributes:
        root: The folder that was checked.
        fast: True if frames were checked by their headers only.
        sequences: Those that were checked, by path.
        problems: In the order of the sequences.
    """

    root: Path
    fast: bool
    sequences: list[SequenceSummary]
    problems: list[Problem]

    def of(self, severity: str) -> list[Problem]:
        """The errors, or the warnings."""
        return [problem for problem in self.problems if problem.severity == severity]


class DatasetCheck:
    """Checks sequence by sequence; what was found so far can be read at any time.

    Args:
        root: A dataset (``ROOT/train/SEQ``, ``ROOT/test/SEQ``), a folder of sequences or a
            sequence. Sequences under a folder ``test`` need no ground truth.
        fast: Read the headers of frames only: finds everything but frames that are cut off.
        on_frame: Called with the sequence's name, frames done and frames in all.

    Raises:
        FileNotFoundError: The folder is missing or holds no sequence.
    """

    def __init__(
        self,
        root: str | os.PathLike,
        fast: bool = False,
        on_frame: Callable[[str, int, int], None] | None = None,
    ) -> None:
        self.folders, others = _sequence_folders(Path(root))
        message = 'is no sequence (it has none of img1, gt, det, seqinfo.ini) and not read'
        ignored = [Problem('warning', other, message) for other in others]
        self.report = DatasetReport(Path(root), fast, [], ignored)
        self._on_frame = on_frame

    def run(self) -> DatasetReport:
        """Check all sequences."""
        for folder in self.folders:
            self._check_sequence(folder)
        learned = [each for each in self.report.sequences if not _is_test(each.root)]
        if learned and not any(each.num_trainable for each in learned):
            message = 'no sequence has a considered, visible pedestrian with an id to train on'
            self.report.problems.append(Problem('error', self.report.root, message))
        scored = [each for each in self.report.sequences if _is_test(each.root) and each.has_truth]
        if scored and not any(each.num_counted for each in scored):
            message = 'no test sequence with ground truth has a considered pedestrian: every '
            message += 'track would score as false'
            self.report.problems.append(Problem('error', self.report.root, message))
        return self.report

    def _check_sequence(self, folder: Path) -> None:
        problems, known = self.report.problems, None
        frames: dict[int, Path] = {}
        try:
            stated = read_stated_seqinfo(folder)
        except (OSError, ValueError) as error:
            path = folder / 'seqinfo.ini'
            problems.append(Problem('error', path, _without_path(error, path)))
            problems += check_unstated_frames(folder / 'img1')
        else:
            known, frames, found = find_frames(stated)
            problems += found
            problems += check_frames(known, frames, self.report.fast, self._count(folder, frames))
        truth, has_truth = RowReport([], 0, 0, 0, 0, 0, {}), False
        if (path := folder / 'gt' / 'gt.txt').is_file():
            truth, has_truth = check_truth(path, known), path.stat().st_size > 0
            problems += truth.problems
        elif not _is_test(folder):
            message = 'is missing: a training sequence needs it; sequences without belong in test/'
            problems.append(Problem('error', path, message))
        if (path := folder / 'det' / 'det.txt').is_file():
            problems += check_detections(path, known)
        self.report.sequences.append(
            SequenceSummary(
                folder,
                len(frames),
                truth.num_boxes,
                truth.num_identities,
                truth.num_counted,
                truth.num_trainable,
                truth.num_single,
                truth.classes,
                has_truth,
            )
        )

    def _count(self, folder: Path, frames: dict[int, Path]) -> Callable[[], None]:
        done = 0

        def advance() -> None:
            nonlocal done
            done += 1
            if self._on_frame is not None:
                self._on_frame(folder.name, done, len(frames))

        return advance


def check_dataset(root: str | os.PathLike, fast: bool = False) -> DatasetReport:
    """Check a dataset; see :class:`DatasetCheck`."""
    return DatasetCheck(root, fast).run()


def _sequence_folders(root: Path) -> tuple[list[Path], list[Path]]:
    """Return the sequences of a dataset, and the folders beside them that are none."""
    if not root.is_dir():
        raise FileNotFoundError(f'{root} does not exist or is no folder')
    if _is_sequence(root):
        return [root], []
    subsets = [root / name for name in ('train', 'test') if (root / name).is_dir()]
    inside = [path for subset in subsets or [root] for path in sorted(subset.iterdir())]
    found = [path for path in inside if _is_sequence(path)]
    if not found:
        raise FileNotFoundError(
            f'{root} holds no sequence: expected train/SEQ, test/SEQ or SEQ with img1/, gt/gt.txt '
            'and seqinfo.ini'
        )
    beside = [p for p in inside if p.is_dir() and p.name[0] != '.' and p not in found]
    return found, beside if subsets else []


def _is_sequence(folder: Path) -> bool:
    return folder.is_dir() and any((folder / part).exists() for part in _PARTS)


def _is_test(folder: Path) -> bool:
    return folder.absolute().parent.name == 'test'


def _without_path(error: Exception, path: Path) -> str:
    return str(error).removeprefix(str(path)).removeprefix(':').strip()
