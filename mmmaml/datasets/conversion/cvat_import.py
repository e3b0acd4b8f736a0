"""Exports of CVAT as sequences in the MOTChallenge layout.

Two formats are read. CVAT's "MOT 1.1" is ``gt/gt.txt`` and ``gt/labels.txt``, with images
``img1/frame_000000.PNG`` if they were asked for. Classes are numbers into ``labels.txt``, in the
order of the project, which is not that of MOTChallenge. Rows count the images from 1, whatever
their names count from. "CVAT for video 1.1" is ``annotations.xml``, with images in ``images/``.
See https://docs.cvat.ai/docs/manual/advanced/formats/format-mot/.
"""

import re
import shutil
import tempfile
import zipfile
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from ...utils.box_conventions import suspect_boxes
from ...utils.files import natural_key, write_text
from ...utils.frame_numbers import check_frame_numbers, frame_offset, is_number
from ...utils.mot_files import CLASS, CLASSES, FRAME, LEFT, SCORE
from ...utils.mot_truth import LABELS_FILE, class_counts, column_faults, mot_class
from ...utils.row_text import parse_rows
from .cvat_video import read_cvat_video

Folder = Path | zipfile.Path
Images = Path | Iterable[np.ndarray]
XML_FILE = 'annotations.xml'
SUFFIXES = ('.jpg', '.jpeg', '.png', '.bmp')


@dataclass(frozen=True)
class CvatTask:
    """One video of an export.

    Attributes:
        name: Of the sequence that is made of it.
        place: Folder of ``gt`` and ``img1``, or of the XML, on disk or in an archive.
        file: The rows or the XML.
    """

    name: str
    place: Folder
    file: Folder

    def __str__(self) -> str:
        return str(self.file)


@dataclass(frozen=True)
class ImportedSequence:
    """One sequence that was written.

    Attributes:
        folder: The sequence folder.
        num_frames: Images.
        classes: Boxes of each class of MOTChallenge, by its name.
        left_out: Boxes of each label that was not asked for.
        notes: Sentences about rows that are of no image, and boxes of another convention.
    """

    folder: Path
    num_frames: int
    classes: dict[str, int]
    left_out: dict[str, int]
    notes: list[str]


def find_tasks(sources: Sequence[Path]) -> list[CvatTask]:
    """Return the videos in archives and folders.

    Args:
        sources: Exports: archives, unpacked folders, or folders of either.

    Raises:
        FileNotFoundError: A source is missing or holds neither ``gt/gt.txt`` nor XML.
        ValueError: An archive is damaged, or two videos have the same name.
    """
    tasks: list[CvatTask] = []
    for source in sources:
        found = list(_tasks_in(source))
        if not found:
            raise FileNotFoundError(
                f'{source} holds neither gt/gt.txt nor annotations.xml: export the task from '
                'CVAT as "MOT 1.1" or "CVAT for video 1.1"'
            )
        tasks += found
    counts = Counter(task.name for task in tasks)
    for name, count in counts.items():
        if count > 1:
            raise ValueError(f'{count} videos are called {name}: rename archives or folders')
    return tasks


@dataclass(frozen=True)
class TaskRows:
    """Boxes of one video, before anything is written.

    Attributes:
        task: The video.
        rows: (R, 9) with classes of MOTChallenge.
        left_out: Boxes of each label that was not asked for.
    """

    task: CvatTask
    rows: np.ndarray
    left_out: dict[str, int]


def read_task(task: CvatTask, classes: Mapping[str, str] | None = None) -> TaskRows:
    """Read the boxes of one video.

    Args:
        task: The video.
        classes: Label to the name of a class of MOTChallenge; boxes of other labels are left
            out. None takes all labels whose names mean such a class.

    Raises:
        FileNotFoundError: The export lacks ``labels.txt``.
        ValueError: A row is malformed, or a label is unknown or means no pedestrian.
    """
    labels, rows = _read_file(task)
    return TaskRows(task, *_choose_rows(rows, labels, _class_numbers(task, labels, classes)))


def write_sequence(
    content: TaskRows, out_dir: Path, frame_rate: float, images: Images | None = None
) -> ImportedSequence:
    """Write one video as ``OUT_DIR/NAME/{img1,gt/gt.txt,seqinfo.ini}``, whole or not at all.

    Args:
        content: Its boxes.
        out_dir: Folder of the sequences, such as ``data/mine/train``.
        frame_rate: Frames per second, of which the export says nothing.
        images: Folder of images, or the frames of a video (H, W, 3) uint8 in blue, green, red,
            for an export without them.

    Raises:
        FileNotFoundError: There are no images.
        FileExistsError: The sequence folder is there already.
        OSError: A frame cannot be written.
        ValueError: No row is of an image, or images cannot be frames.
    """
    task, rows = content.task, content.rows
    folder = out_dir / task.name
    if folder.exists():
        raise FileExistsError(f'{folder} is there already: remove it, or choose another folder')
    out_dir.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=out_dir, prefix='.') as temporary:
        made = Path(temporary) / task.name
        names, others = _write_images(task, images, made / 'img1')
        if not names:
            raise FileNotFoundError(
                f'{task} holds no images: export it again with "Save images", or name the video '
                'or the folder of its frames by --images'
            )
        note = check_frame_numbers(rows[:, FRAME], len(names), str(task))
        kept = rows[rows[:, FRAME] <= len(names)]
        size = _size(task, made / 'img1' / names[0])
        notes = [*filter(None, [others, note]), *suspect_boxes(kept[:, LEFT:SCORE], size)]
        write_text(made / 'gt' / 'gt.txt', format_truth(kept))
        write_text(made / 'seqinfo.ini', _seqinfo(task.name, size, names, frame_rate))
        made.rename(folder)
    counts = class_counts(kept[:, CLASS])
    return ImportedSequence(folder, len(names), counts, content.left_out, notes)


def format_truth(rows: np.ndarray) -> str:
    """Return rows (R, 9) as the text of a ``gt.txt``; whole numbers have no point."""
    return ''.join(
        ','.join(str(int(value)) if value.is_integer() else repr(value) for value in row) + '\n'
        for row in np.asarray(rows, np.float64).tolist()
    )


def _tasks_in(source: Path) -> Iterator[CvatTask]:
    if not source.exists():
        raise FileNotFoundError(f'{source} does not exist')
    if source.suffix.lower() == '.xml':
        yield CvatTask(_clean(source.stem), source.parent, source)
        return
    if source.is_dir():
        yield from _tasks_of(source, _clean(source.resolve().name))
        for inside in sorted([*source.glob('*.zip'), *source.glob('*.xml')]):
            if inside.name != XML_FILE:
                yield from _tasks_in(inside)
        return
    if not zipfile.is_zipfile(source):
        raise ValueError(f'{source} is neither a folder nor a zip archive, or is damaged')
    yield from _tasks_of(zipfile.Path(source), _clean(source.stem))


def _tasks_of(place: Folder, name: str, depth: int = 2) -> Iterator[CvatTask]:
    if (place / 'gt' / 'gt.txt').is_file():
        yield CvatTask(name, place, place / 'gt' / 'gt.txt')
    elif (place / XML_FILE).is_file():
        yield CvatTask(name, place, place / XML_FILE)
    elif depth:
        folders: list[Folder] = list(place.iterdir())
        for inside in sorted(folders, key=lambda each: each.name):
            if inside.is_dir():
                yield from _tasks_of(inside, _clean(inside.name), depth - 1)


def _clean(name: str) -> str:
    """Return the name of a task, from that of an archive as CVAT names it."""
    name = re.sub(
        r'(?i)[\s_-]*(annotations[\s_-]*[\d_-]*)?[\s_-]*(mot|cvat for video)[\s_-]*1[._]1$',
        '',
        name,
    )
    return re.sub(r'[^\w.-]+', '_', name.removeprefix('task_')).strip('._') or 'task'


def _class_numbers(
    task: CvatTask, labels: list[str], classes: Mapping[str, str] | None
) -> dict[int, int]:
    """Return class of MOTChallenge by number of label, both from 1."""
    listed = ', '.join(filter(None, labels)) or 'none'
    if classes is None:
        named = {number: mot_class(label) for number, label in enumerate(labels, start=1)}
        found = {number: wanted for number, wanted in named.items() if wanted is not None}
        if 1 not in found.values():
            raise ValueError(
                f'{task}: no label means a pedestrian by its name (there are {listed}): say which '
                'one does by --classes LABEL=pedestrian'
            )
        return found
    if unknown := sorted(set(classes) - set(labels)):
        raise ValueError(f'{task} has no label {unknown[0]!r}; there are {listed}')
    if strange := sorted(set(classes.values()) - set(CLASSES)):
        raise ValueError(f'{strange[0]!r} is no class; there are {", ".join(CLASSES)}')
    return {
        number: CLASSES.index(classes[label]) + 1
        for number, label in enumerate(labels, start=1)
        if label in classes
    }


def _read_file(task: CvatTask) -> tuple[list[str], np.ndarray]:
    """Return labels and rows (R, 9), whose class is −1 or the number of a label from 1."""
    text = task.file.read_text(encoding='utf-8-sig', errors='replace')
    if task.file.name != 'gt.txt':
        return read_cvat_video(text, str(task))
    file = task.place / 'gt' / LABELS_FILE
    if not file.is_file():
        raise FileNotFoundError(
            f'{file} is missing, so that the numbers of classes mean nothing: write one name of a '
            'label a line, in the order of their numbers'
        )
    labels = [line.strip() for line in file.read_text(encoding='utf-8-sig').splitlines()]
    parsed = parse_rows(text)
    if parsed.faults:
        raise ValueError(f'{task}, {parsed.faults[0]}')
    if 0 < parsed.num_columns <= CLASS:
        raise ValueError(f'{task} has {parsed.num_columns} columns, no class (column 8)')
    for lines, reason in column_faults(parsed, 'plain'):
        raise ValueError(f'{task}, line {lines[0]}: {reason}')
    category = parsed.rows[:, CLASS]
    strange = (category != -1) & ~np.isin(category, np.arange(1, len(labels) + 1))
    if strange.any():
        raise ValueError(
            f'{task}, line {parsed.lines[strange][0]}: class {category[strange][0]:g} is not in '
            f'{LABELS_FILE}, which has {len(labels)}'
        )
    return labels, parsed.rows


def _choose_rows(
    rows: np.ndarray, labels: list[str], numbers: dict[int, int]
) -> tuple[np.ndarray, dict[str, int]]:
    """Return rows (R, 9) with classes of MOTChallenge, and how many were left out by label."""
    category = rows[:, CLASS]
    kept = np.isin(category, list(numbers))
    left_out = Counter(category[~kept].astype(int).tolist())
    chosen = rows[kept]
    chosen[:, CLASS] = [numbers[int(number)] for number in chosen[:, CLASS]]
    names = dict(enumerate(labels, start=1))
    return chosen, {
        names.get(number, 'without a label'): count for number, count in left_out.most_common()
    }


def _write_images(task: CvatTask, images: Images | None, target: Path) -> tuple[list[str], str]:
    """Write the images as ``000001...``; return their names, and a sentence on other files."""
    if images is not None and not isinstance(images, Path):
        return _write_frames(images, target), ''
    inside = 'img1' if task.file.name == 'gt.txt' else 'images'
    place = task.place / inside if images is None else images
    if not place.is_dir():
        return [], ''
    there: list[Folder] = [each for each in place.iterdir() if each.name[0] != '.']
    files = [each for each in there if Path(each.name).suffix.lower() in SUFFIXES]
    left = len(there) - len(files)
    others = f'{place}: {left} of {len(there)} files are no images and not used' if left else ''
    files.sort(key=lambda each: natural_key(each.name))
    plain = [Path(each.name) for each in files if is_number(Path(each.name).stem)]
    if plain and images is None and frame_offset([each.name for each in files]) != 0:
        raise ValueError(
            f'{place}: images named by numbers must be 1 to {len(files)}, the frames that rows '
            f'count; there are {files[0].name} to {files[-1].name}'
        )
    suffixes = {Path(each.name).suffix for each in files}
    if len(suffixes) > 1:
        raise ValueError(f'{place}: images are of several kinds, {", ".join(sorted(suffixes))}')
    target.mkdir(parents=True)
    names = []
    for number, file in enumerate(files, start=1):
        names.append(f'{number:06d}{Path(file.name).suffix.lower()}')
        with file.open('rb') as source, (target / names[-1]).open('wb') as copy:
            shutil.copyfileobj(source, copy)
    return names, others


def _write_frames(frames: Iterable[np.ndarray], target: Path) -> list[str]:
    names: list[str] = []
    target.mkdir(parents=True)
    for number, frame in enumerate(frames, start=1):
        names.append(f'{number:06d}.jpg')
        if not cv2.imwrite(str(target / names[-1]), frame, [cv2.IMWRITE_JPEG_QUALITY, 95]):
            raise OSError(f'frame {number} cannot be written into {target}: is the disk full?')
    return names


def _size(task: CvatTask, image: Path) -> tuple[int, int]:
    """Return width and height of an image."""
    decoded = cv2.imread(str(image))
    if decoded is None:
        raise ValueError(f'{task}: the first image cannot be decoded')
    return decoded.shape[1], decoded.shape[0]


def _seqinfo(name: str, size: tuple[int, int], names: list[str], frame_rate: float) -> str:
    return (
        f'[Sequence]\nname={name}\nimDir=img1\nframeRate={frame_rate:g}\n'
        f'seqLength={len(names)}\nimWidth={size[0]}\nimHeight={size[1]}\n'
        f'imExt={Path(names[0]).suffix}\n'
    )
