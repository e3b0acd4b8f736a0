"""Tracks in the formats of annotation tools, which the converters here read again."""

import io
import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from xml.sax.saxutils import quoteattr

import numpy as np

from ...utils.box_conventions import suspect_boxes
from ...utils.files import atomic_path, write_text
from ...utils.frame_numbers import check_frame_numbers
from ...utils.mot_files import (
    CLASS,
    CLASSES,
    FRAME,
    HEIGHT,
    ID,
    LEFT,
    PEDESTRIAN,
    SCORE,
    VISIBILITY,
    WIDTH,
    SequenceInfo,
    read_rows,
    read_seqinfo,
)
from .cvat_import import format_truth
from .mot_records import SequenceReader
from .mot_to_coco import merge_records

LABEL = CLASSES[PEDESTRIAN - 1]


def read_tracks(path: Path, info: SequenceInfo | None = None) -> tuple[np.ndarray, list[str]]:
    """Read a result file as rows of a ground truth.

    Args:
        path: ``SEQ.txt`` as :func:`~mmmaml.utils.mot_files.write_results` writes it.
        info: The sequence; None if unknown.

    Returns:
        Rows (R, 9) by frame, each considered, a pedestrian and wholly visible; and sentences
        about rows that are left out, and boxes of another convention.

    Raises:
        ValueError: A row is malformed, or no row is of a frame of the sequence.
    """
    rows = read_rows(path)
    size = None if info is None else (info.width, info.height)
    said = [f'{path}: {each}' for each in suspect_boxes(rows[:, LEFT:SCORE], size)]
    if info is not None:
        said += filter(None, [check_frame_numbers(rows[:, FRAME], info.num_frames, path)])
        rows = rows[rows[:, FRAME] <= info.num_frames]
    for bad, what in (
        (rows[:, ID] < 0, 'have no track (id below 0)'),
        ((rows[:, WIDTH : HEIGHT + 1] <= 0).any(1), 'have no width or height'),
        (rows[:, CLASS] > PEDESTRIAN, 'are of another class than pedestrian (column 8)'),
    ):
        if bad.any():
            said.append(f'{path}: {int(bad.sum())} of {len(rows)} rows {what}: left out')
    kept = (rows[:, ID] >= 0) & (rows[:, WIDTH : HEIGHT + 1] > 0).all(1)
    rows = rows[kept & (rows[:, CLASS] <= PEDESTRIAN)]
    rows[:, [SCORE, CLASS, VISIBILITY]] = 1, PEDESTRIAN, 1
    return rows[np.argsort(rows[:, FRAME], kind='stable')], said


def write_mot(rows: np.ndarray, path: Path, sequence: Path | None) -> None:
    """Write ``gt.txt``; ``mot2coco.py`` and ``check_data.py`` read it in its sequence folder."""
    write_text(path, format_truth(rows))


def write_cvat_mot(rows: np.ndarray, path: Path, sequence: Path | None) -> None:
    """Write an archive of CVAT's "MOT 1.1", with ids from 1: CVAT takes 0 for no track."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, 'w', zipfile.ZIP_DEFLATED) as archive:
        archive.writestr('gt/gt.txt', format_truth(_from_one(rows)))
        archive.writestr('gt/labels.txt', f'{LABEL}\n')
    with atomic_path(path) as temporary:
        temporary.write_bytes(content.getvalue())


def write_cvat_video(rows: np.ndarray, path: Path, sequence: Path | None) -> None:
    """Write XML of "CVAT for video 1.1"; frames count from 0 there.

    A track that pauses gets a box marked as outside after its last frame, so that CVAT does not
    draw it on.
    """
    info = _info(sequence, 'the size of its frames')
    tracks = []
    for number, identity in enumerate(np.unique(rows[:, ID]).tolist()):
        boxes = rows[rows[:, ID] == identity]
        boxes = boxes[np.argsort(boxes[:, FRAME], kind='stable')]
        lines = _xml_boxes(boxes, info.num_frames)
        tracks.append(f'  <track id="{number}" label={quoteattr(LABEL)}>\n{lines}  </track>\n')
    size = f'<width>{info.width}</width><height>{info.height}</height>'
    write_text(
        path,
        '<?xml version="1.0" encoding="utf-8"?>\n<annotations>\n  <version>1.1</version>\n'
        f'  <meta><task><size>{info.num_frames}</size><mode>interpolation</mode>'
        f'<labels><label><name>{LABEL}</name></label></labels>'
        f'<original_size>{size}</original_size></task></meta>\n{"".join(tracks)}</annotations>\n',
    )


def write_coco(rows: np.ndarray, path: Path, sequence: Path | None) -> None:
    """Write a CocoVID file, as ``mot2coco.py`` would of these rows as ground truth."""
    _info(sequence, 'its frames')
    assert sequence is not None
    record = SequenceReader().read(sequence, needs_truth=True, truth_rows=rows)
    write_text(path, json.dumps(merge_records([record])))


Writer = Callable[[np.ndarray, Path, Path | None], None]
FORMATS: dict[str, tuple[str, Writer]] = {
    'mot': ('{name}/gt/gt.txt', write_mot),
    'cvat-mot': ('{name}.zip', write_cvat_mot),
    'cvat-video': ('{name}.xml', write_cvat_video),
    'coco': ('{name}_cocoformat.json', write_coco),
}
"""Name of a format to the name of its file and its writer."""


def _info(sequence: Path | None, what: str) -> SequenceInfo:
    if sequence is None:
        raise ValueError(f'this format needs {what}: give the folder of sequences (--sequences)')
    return read_seqinfo(sequence)


def _from_one(rows: np.ndarray) -> np.ndarray:
    rows = rows.copy()
    rows[:, ID] += 1 - min(1, rows[:, ID].min(initial=1))
    return rows


def _xml_boxes(boxes: np.ndarray, num_frames: int) -> str:
    frames = boxes[:, FRAME].astype(int) - 1
    ends = np.append(np.diff(frames) > 1, frames[-1] + 1 < num_frames)
    lines = []
    for frame, box, ends_here in zip(frames, boxes[:, LEFT:SCORE], ends, strict=True):
        left, top = box[:2].tolist()
        right, bottom = (box[:2] + box[2:]).tolist()
        place = f'xtl="{left:.3f}" ytl="{top:.3f}" xbr="{right:.3f}" ybr="{bottom:.3f}"'
        lines.append(_xml_box(int(frame), 0, place))
        if ends_here:
            lines.append(_xml_box(int(frame) + 1, 1, place))
    return ''.join(lines)


def _xml_box(frame: int, outside: int, place: str) -> str:
    return (
        f'    <box frame="{frame}" keyframe="1" outside="{outside}" occluded="0" {place} '
        'z_order="0"></box>\n'
    )
