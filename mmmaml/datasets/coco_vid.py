"""CocoVID annotation files as tables."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from mmengine.fileio import join_path, load

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
        bool, which of them the benchmark considers.

    Raises:
        FileNotFoundError: There is no such file.
        ValueError: A class or an image is unknown.
    """
    if not Path(ann_file).is_file():
        raise FileNotFoundError(
            f'{ann_file} does not exist: make it from the MOTChallenge folder with '
            'tools/dataset_converters/mot2coco.py'
        )
    content = load(ann_file)
    labels = _labels(ann_file, content, classes)
    annotations = [a for a in content['annotations'] if a['category_id'] in labels]
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
    considered = np.array([a['mot_conf'] != 0 for a in annotations], bool)
    return table, considered


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
