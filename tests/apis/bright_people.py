"""Videos of bright squares, and ONNX files that find and tell them apart."""

from pathlib import Path

import cv2
import numpy as np

from mmmaml.apis import onnx_config
from tests.onnx_files import save_bright_detector, save_mean_colour

CELL = 32
PEOPLE = {'bluish': (255, 230, 210), 'reddish': (210, 230, 255)}


def frames(number: int = 12, start: int = 1) -> list[np.ndarray]:
    """Two people of other colours: one stands, one goes to the next cell every other frame."""
    made = []
    for frame in range(number):
        image = np.zeros((416, 416, 3), np.uint8)
        for (row, column), colour in zip(
            ((2, start), (5, 11 - frame // 2)), PEOPLE.values(), strict=True
        ):
            image[row * CELL : (row + 1) * CELL, column * CELL : (column + 1) * CELL] = colour
        made.append(image)
    return made


def folder_of(path: Path, images: list[np.ndarray]) -> Path:
    path.mkdir(parents=True)
    for number, image in enumerate(images, start=1):
        cv2.imwrite(str(path / f'{number:03d}.png'), image)
    return path


def files(tmp_path: Path, reid_batch: int | str = 'n') -> tuple[Path, Path]:
    detector = save_bright_detector(tmp_path / 'detector.onnx')
    return detector, save_mean_colour(tmp_path / 'reid.onnx', reid_batch)


def config(tmp_path: Path, **tracker: object):
    return onnx_config(*files(tmp_path), tracker=tracker)
