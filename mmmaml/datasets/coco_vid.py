"""CocoVID annotation files as tables."""

import logging
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from mmengine.fileio import join_path, load
from mmengine.logging import print_log

from ..utils.box_conventions import suspect_boxes
from ..utils.mot_truth import considered
from .box_table import BoxTable, ImageTable


def read_boxes(
    ann_file: str, classes: Sequence[str], prefix: str = ''
) -> tuple[BoxTable, np.ndarray]:
    """Read the boxes of some classes.

    Args:
        ann_file: CocoVID file as written by ``tools/dataset_converters/mot2coco.py``.
        classes: Names of the classes.
        prefix: Folder that the paths of images are relative to.

    Returns:
        The boxes as the file has them, those that reach beyond their frame included; and (R,)
        bool, those that the benchmark considers. Boxes of other classes are counted in the log,
        and boxes that seem to be of another convention warned of.

    Raises:
        FileNotFoundError: There is no such file.
        ValueError: A class or an image is unknown, or an annotation lacks a key.
    """
    if not Path(ann_file).is_file():
        raise FileNotFoundError(
            f'{ann_file} does not exist: make it from the MOTChallenge folder with '
            'tools/dataset_converters/mot2coco.py'
        )
    content = load(ann_file)
    labels = _labels(ann_file, content, classes)
    annotations = [a for a in content['annotations'] if a.get('category_id') in labels]
    _say_left_out(ann_file, content, labels)
    _check_keys(ann_file, annotations)
    images = _images(content, prefix)
    boxes = np.array([a['bbox'] for a in annotations], np.float64).reshape(-1, 4)
    table = BoxTable(
        bbox=np.concatenate([boxes[:, :2], boxes[:, :2] + boxes[:, 2:]], 1).astype(np.float32),
        label=np.array([labels[a['category_id']] for a in annotations], np.int64),
        instance_id=np.array([a['instance_id'] for a in annotations], np.int64),
        visibility=np.array([a['visibility'] for a in annotations], np.float32),
        image=_rows_of_images(ann_file, content, annotations),
        images=images,
    )
    _warn_of_conventions(ann_file, boxes, table)
    return table, considered(np.array([a['mot_conf'] for a in annotations], np.float64))


def _say_left_out(ann_file: str, content: dict, labels: dict[int, int]) -> None:
    names = {category['id']: category['name'] for category in content['categories']}
    numbers = Counter(a.get('category_id') for a in content['annotations'])
    others = {key: count for key, count in numbers.most_common() if key not in labels}
    if others:
        said = ', '.join(f'{count} {names.get(key, key)}' for key, count in others.items())
        print_log(
            f'{ann_file}: {sum(others.values())} of {len(content["annotations"])} boxes are of '
            f'other classes than {", ".join(names[key] for key in labels)} and left out: {said}',
            logger='current',
        )


def _check_keys(ann_file: str, annotations: list[dict]) -> None:
    for annotation in annotations:
        if missing := [key for key in _KEYS if key not in annotation]:
            raise ValueError(
                f'{ann_file}: annotation {annotation.get("id")} has no {", ".join(missing)}; '
                'files of tools/dataset_converters/mot2coco.py have all of '
                f'{", ".join(_KEYS)}'
            )


_KEYS = ('image_id', 'bbox', 'instance_id', 'visibility', 'mot_conf')


def _warn_of_conventions(ann_file: str, boxes: np.ndarray, table: BoxTable) -> None:
    """Warn of boxes (R, 4) left, top, width, height that seem to be something else."""
    images = table.images
    video = images.video_id[table.image]
    for number in np.unique(video):
        rows = video == number
        image = int(table.image[rows][0])
        height, width = images.img_shape[image].tolist()
        for sentence in suspect_boxes(boxes[rows], (width, height)):
            print_log(
                f'{ann_file}, {images.video[image]}: {sentence}',
                logger='current',
                level=logging.WARNING,
            )


def _labels(ann_file: str, content: dict, classes: Sequence[str]) -> dict[int, int]:
    numbers = {category['name']: category['id'] for category in content['categories']}
    unknown = set(classes) - set(numbers)
    if unknown:
        raise ValueError(
            f'{ann_file} has no classes {sorted(unknown)}; there are {sorted(numbers)}'
        )
    return {numbers[name]: label for label, name in enumerate(classes)}


def _images(content: dict, prefix: str) -> ImageTable:
    images = content['images']
    names = {video['id']: video['name'] for video in content['videos']}
    shape = np.array([(i['height'], i['width']) for i in images], np.int64).reshape(-1, 2)
    return ImageTable(
        img_path=np.array([join_path(prefix, i['file_name']) for i in images], str),
        img_shape=shape,
        frame_id=np.array([i['frame_id'] for i in images], np.int64),
        video_id=np.array([i['video_id'] for i in images], np.int64),
        video=np.array([names[i['video_id']] for i in images], str),
    )


def _rows_of_images(ann_file: str, content: dict, annotations: list[dict]) -> np.ndarray:
    image_ids = np.array([image['id'] for image in content['images']], np.int64)
    wanted = np.array([a['image_id'] for a in annotations], np.int64)
    unknown = ~np.isin(wanted, image_ids)
    if unknown.any():
        raise ValueError(
            f'{ann_file}: annotation {annotations[int(np.argmax(unknown))]["id"]} is of '
            f'image {wanted[unknown][0]}, which the file does not list'
        )
    order = np.argsort(image_ids)
    return order[np.searchsorted(image_ids, wanted, sorter=order)]
