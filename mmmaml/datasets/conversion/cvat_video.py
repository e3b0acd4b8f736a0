"""XML of "CVAT for video 1.1" as rows of a ground truth."""

import xml.etree.ElementTree as ElementTree

import numpy as np

from ...utils.mot_files import NUM_COLUMNS


def read_cvat_video(text: str, source: str) -> tuple[list[str], np.ndarray]:
    """Read the tracks of a video.

    Args:
        text: The XML. Frames count from 0 in it, from 1 in the rows.
        source: Its place, for messages.

    Returns:
        Labels, and rows (R, 9) whose class is the number of the label, from 1. Ids count tracks
        from 1. Boxes that are marked as outside are no rows; occluded ones have a visible part of
        0, as in CVAT's own "MOT 1.1".

    Raises:
        ValueError: It is no such file, or a box lacks something.
    """
    try:
        root = ElementTree.fromstring(text)
    except ElementTree.ParseError as error:
        raise ValueError(f'{source} is no XML: {error}') from None
    if root.tag != 'annotations' or root.find('track') is None:
        raise ValueError(f'{source} holds no tracks: export it as "CVAT for video 1.1"')
    labels: list[str] = []
    rows: list[list[float]] = []
    for number, track in enumerate(root.iter('track'), start=1):
        label = track.get('label', '')
        if label not in labels:
            labels.append(label)
        for box in track.iter('box'):
            if box.get('outside') != '1':
                rows.append(_row(box, number, labels.index(label) + 1, source))
    return labels, np.array(rows, np.float64).reshape(-1, NUM_COLUMNS)


def _row(box: ElementTree.Element, identity: int, category: int, source: str) -> list[float]:
    try:
        left, top, right, bottom = (float(box.attrib[k]) for k in ('xtl', 'ytl', 'xbr', 'ybr'))
        frame = int(box.attrib['frame'])
    except KeyError as error:
        raise ValueError(f'{source}, track {identity - 1}: a box lacks {error}') from None
    except ValueError as error:
        raise ValueError(f'{source}, track {identity - 1}: a box is no box: {error}') from None
    visible = 0.0 if box.get('occluded') == '1' else 1.0
    place = [left, top, round(right - left, 6), round(bottom - top, 6)]
    return [frame + 1, identity, *place, 1, category, visible]
