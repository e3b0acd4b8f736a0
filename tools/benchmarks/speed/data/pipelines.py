"""Crops of people by our pipeline and by those of mmtrack, from the same annotations."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import mmcv
import numpy as np
from mmcv.transforms import BaseTransform
from mmengine.utils import import_modules_from_strings

from mmmaml.datasets import EpisodicDataset, MOTCropDataset
from mmmaml.datasets.conversion.mot_to_coco import convert_mot
from mmmaml.datasets.synthetic import SequenceAppearance, SequenceSpec, generate_sequence
from mmmaml.datasets.transforms.resample import resample
from mmmaml.registry import DATASETS, TRANSFORMS
from mmmaml.utils import write_text
from mmmaml.utils.mot_files import FRAME, SequenceInfo, read_rows, read_seqinfo

SCALE = (128, 256)
"""Width and height of all crops."""

MOST_FILES = 400
LAST_FRAME = 1e-3
"""Megabytes to keep that are less than any frame: the last one stays."""
"""Crops that are cut beforehand; they are read over and over."""

MMTRACK_CONFIG: list[dict] = [
    {
        'type': 'TransformBroadcaster',
        'share_random_params': False,
        'transforms': [
            {'type': 'LoadImageFromFile', 'to_float32': True},
            {
                'type': 'mmdet.Resize',
                'scale': SCALE,
                'keep_ratio': False,
                'clip_object_border': False,
            },
            {'type': 'RandomFlip', 'prob': 0.5, 'direction': 'horizontal'},
        ],
    },
    {'type': 'mmtrack.PackReIDInputs', 'meta_keys': ('flip', 'flip_direction')},
]
"""Training pipeline of mmtrack's ``configs/_base_/datasets/mot_challenge_reid.py``."""

MMTRACK_LEAN: list[dict] = [
    {'type': 'LoadImageFromFile'},
    {'type': 'Resize', 'scale': SCALE, 'keep_ratio': False},
    {'type': 'mmtrack.PackReIDInputs'},
]
"""The least that makes a crop of a file: no flip, no floating point, image by image."""


@TRANSFORMS.register_module()
class CutBoxOfFrame(BaseTransform):
    """Cut the box of a crop out of the frame that was loaded."""

    def transform(self, results: dict) -> dict:
        """Cut it with the samples that ``LoadCrop`` takes."""
        results['img'] = resample(results['img'], results['crop_box'], SCALE)
        results['img_shape'] = results['img'].shape[:2]
        results['scale'] = results['scale_factor'] = SCALE  # asked for by the packing
        return results


MMTRACK_FRAMES: list[dict] = [
    {'type': 'LoadImageFromFile'},
    {'type': 'CutBoxOfFrame'},
    {'type': 'mmtrack.PackReIDInputs'},
]


@dataclass(frozen=True)
class Data:
    """Sequences with annotations, long enough to draw tasks from.

    Attributes:
        root: Folder with ``train/SEQ`` and ``annotations``.
        images: Different images there are.
        frames: Frames of the sequences, each an image of its own by name.
    """

    root: Path
    images: int
    frames: int


def generated_sequence(folder: Path, frames: int, size: tuple[int, int], people: int) -> Path:
    """Generate a sequence: JPEGs of 250 KB at 1920x1080, as those of MOT17."""
    appearance = SequenceAppearance(camera_height=6.0)
    spec = SequenceSpec(
        'GENERATED', frames, size, people, frame_rate=10, appearance=appearance, jpeg_quality=75
    )
    return generate_sequence(spec, folder)


def lengthen(sequences: list[Path], root: Path, frames: int) -> Data:
    """Lengthen sequences to so many frames; their images follow each other over and over.

    A few images stand for a video: each frame has a name of its own, so only the disk cache of
    the system knows that it was decoded before.

    Args:
        sequences: Sequence folders.
        root: Folder of the longer ones.
        frames: Of each.
    """
    images = 0
    for source in sequences:
        info = read_seqinfo(source)
        images += info.num_frames
        folder = root / 'train' / source.name
        _link_images(info, folder / 'img1', frames)
        rows = read_rows(source / 'gt' / 'gt.txt')
        rows = rows[rows[:, FRAME] <= info.num_frames]
        parts = [rows + np.eye(9)[FRAME] * start for start in range(0, frames, info.num_frames)]
        rows = np.concatenate(parts)
        lines = [','.join(map(repr, row)) for row in rows[rows[:, FRAME] <= frames].tolist()]
        write_text(folder / 'gt' / 'gt.txt', '\n'.join(lines))
        write_text(
            folder / 'seqinfo.ini',
            f'[Sequence]\nname={source.name}\nimDir=img1\nframeRate={info.frame_rate}\n'
            f'seqLength={frames}\nimWidth={info.width}\nimHeight={info.height}\nimExt=.jpg\n',
        )
    convert_mot(root, half_split=False)
    return Data(root, images, frames * len(sequences))


def _link_images(info: SequenceInfo, folder: Path, frames: int) -> None:
    folder.mkdir(parents=True)
    for frame in range(1, frames + 1):
        image = info.image_path((frame - 1) % info.num_frames + 1)
        (folder / f'{frame:06d}.jpg').symlink_to(image.resolve())


def crops(data: Data, max_cached_mb: float = 0, **load: Any) -> MOTCropDataset:
    """Build our crops; of frames the last one is kept, and others up to some megabytes."""
    return DATASETS.build(
        {
            'type': 'MOTCropDataset',
            'data_root': str(data.root),
            'ann_file': 'annotations/train_cocoformat.json',
            'data_prefix': {'img_path': 'train'},
            'pipeline': [
                {
                    'type': 'LoadCrop',
                    'scale': SCALE,
                    'max_cached_mb': max(max_cached_mb, LAST_FRAME),
                    **load,
                },
                *([{'type': 'FlipCrop', 'prob': 0.5}] if load else []),
            ],
        }
    )


def tasks(data: Data, max_cached_mb: float) -> EpisodicDataset:
    """Build our tasks as in the configs: eight ways, four support and one query image."""
    return EpisodicDataset(crops(data, max_cached_mb, jitter=0.05))


def mmtrack_from_frames(dataset: MOTCropDataset, folder: Path) -> Any:
    """Build the ``ReIDDataset`` of mmtrack with the boxes of ours, cut out of the frames."""
    items = [dataset.get_data_info(index) for index in range(len(dataset))]
    made = _mmtrack([item['img_path'] for item in items], items, folder, MMTRACK_FRAMES)
    for info, item in zip(made.data_list, items, strict=True):
        info['crop_box'] = tuple(item['bbox'].tolist())
    return made


def mmtrack_from_files(
    dataset: MOTCropDataset, folder: Path, pipeline: list[dict], **options: Any
) -> Any:
    """Build the ``ReIDDataset`` of mmtrack with the boxes of ours, cut beforehand into files."""
    items = [dataset.get_data_info(index) for index in range(min(len(dataset), MOST_FILES))]
    names, frame, path = [], np.zeros(0), ''
    for number, item in enumerate(items):
        if item['img_path'] != path:
            path = item['img_path']
            frame = mmcv.imread(path)
        name = folder / 'crops' / f'{number:06d}.jpg'
        mmcv.imwrite(mmcv.imcrop(frame, item['bbox'].astype(int)), str(name))
        names.append(str(name))
    return _mmtrack(names, items, folder, pipeline, **options)


def _mmtrack(
    paths: list[str], items: list[dict], folder: Path, pipeline: list[dict], **options: Any
) -> Any:
    import_modules_from_strings('mmtrack.datasets')
    people = sorted({(item['video_id'], item['instance_id']) for item in items})
    label = {person: number for number, person in enumerate(people)}
    lines = [
        f'{path} {label[item["video_id"], item["instance_id"]]}\n'
        for path, item in zip(paths, items, strict=True)
    ]
    write_text(folder / 'list.txt', ''.join(lines))
    made = DATASETS.build(
        {
            'type': 'mmtrack.ReIDDataset',
            'ann_file': str(folder / 'list.txt'),
            'data_prefix': {'img_path': ''},
            'pipeline': pipeline,
            'serialize_data': False,
            **options,
        }
    )
    made.full_init()
    return made


def count_decoded(call: Callable[[], object]) -> int:
    """Count images that OpenCV decodes during a call."""
    decoded, decode = 0, cv2.imdecode

    def counted(*args: Any, **kwargs: Any) -> np.ndarray:
        nonlocal decoded
        decoded += 1
        return decode(*args, **kwargs)

    cv2.imdecode = counted
    try:
        call()
    finally:
        cv2.imdecode = decode
    return decoded
