"""Folders of images of people, as data sets for re-identification have them."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
from mmengine.dataset import BaseDataset
from mmengine.logging import print_log

from ...registry import DATASETS
from .person_names import EXPECTED, NamedImage, NamedImages, find_named_images, spread


@DATASETS.register_module()
class PersonFolderDataset(BaseDataset):
    """Dataset of images whose names say who is on them, as those of Market-1501.

    ``0002_c1s1_000451_03.jpg`` is person 2 at camera 1, in its recording 1, in frame 451. A camera
    is a video, its recordings one after the other, so that tasks are people of one camera. If
    names of a camera say no frame, every image of it is a frame. Identities below 1 (``-1``,
    ``0000``) are nobody; they and files of other names are counted and left out.

    Items have ``img_path``, ``instance_id`` (the identity), ``video_id`` (the number of the
    camera), ``video`` (its name) and ``frame_id``. Use :class:`LoadCrop` as the first transform.

    Args:
        num_people: Take so many people, drawn by ``seed``; None takes all.
        images_per_person: Take so many images of a person at most, all of one camera that has as
            many (drawn by ``seed``), from its first frame to its last at even steps. People are
            then taken in turn from the cameras. None takes all images of all cameras.
        across_cameras: Make all cameras one video, so that a person is one identity at all of
            them and tasks mix cameras. ``images_per_person`` are then of all cameras.
        seed: Of the choice of people and cameras.
        **kwargs: Other arguments of :class:`mmengine.dataset.BaseDataset`: ``data_root``,
            ``data_prefix=dict(img_path='bounding_box_train')``, ``pipeline``, ``indices`` ...

    Raises:
        FileNotFoundError: There is no such folder, or no image so named in it.
        ValueError: There are fewer people than ``num_people``, or an argument is out of range.
    """

    def __init__(
        self,
        num_people: int | None = None,
        images_per_person: int | None = None,
        across_cameras: bool = False,
        seed: int = 0,
        **kwargs: object,
    ) -> None:
        for name, value in (('num_people', num_people), ('images_per_person', images_per_person)):
            if value is not None and value < 1:
                raise ValueError(f'{name}={value} must be at least 1, or None for all')
        if seed < 0:
            raise ValueError(f'seed={seed} must be at least 0')
        self.num_people, self.images_per_person = num_people, images_per_person
        self.across_cameras, self.seed = across_cameras, seed
        super().__init__(**kwargs)

    @property
    def index(self) -> dict[str, np.ndarray]:
        """(R,) int64 arrays ``instance_id``, ``video_id`` and ``frame_id`` of all items."""
        items = [self.get_data_info(item) for item in range(len(self))]
        keys = ('instance_id', 'video_id', 'frame_id')
        return {key: np.array([each[key] for each in items], np.int64) for key in keys}

    def load_data_list(self) -> list[dict]:
        """Find the images and choose among them."""
        folder = Path(self.data_prefix.get('img_path') or self.data_root or '.')
        if not folder.is_dir():
            raise FileNotFoundError(f'{folder} does not exist or is no folder: set data_root')
        found = find_named_images(folder)
        if not found.images:
            raise FileNotFoundError(
                f'{folder} holds no {EXPECTED}, of an identity from 1 ({found.num_nobody} of '
                f'nobody, {found.num_others} named otherwise)'
            )
        frames = _frames(found.images)
        people = self._chosen_people(folder, found.images)
        chosen = {image.path for images in people for image in images}
        self._say(folder, found, people)
        return [
            {
                'img_path': str(image.path),
                'instance_id': image.identity,
                'video_id': 0 if self.across_cameras else image.camera,
                'video': folder.name if self.across_cameras else f'c{image.camera}',
                'frame_id': position if self.across_cameras else frame,
            }
            for position, (image, frame) in enumerate(zip(found.images, frames, strict=True))
            if image.path in chosen
        ]

    def _chosen_people(self, folder: Path, images: list[NamedImage]) -> list[list[NamedImage]]:
        """Return images of each person that is taken."""
        rng = np.random.default_rng([self.seed, 19])
        people = defaultdict(list)
        for image in images:
            people[image.identity].append(image)
        if self.num_people is not None and self.num_people > len(people):
            raise ValueError(f'num_people={self.num_people}, but {folder} has {len(people)}')
        most = self.images_per_person
        if most is None:
            everybody = list(people.values())
        elif self.across_cameras:
            everybody = [spread(each, most) for each in people.values()]
        else:
            everybody = [_of_one_camera(each, most, rng) for each in people.values()]
        if self.num_people is None:
            return everybody
        order = rng.permutation(len(everybody))
        if most is not None and not self.across_cameras:
            order = _in_turn(order, [everybody[who][0].camera for who in order])
        return [everybody[who] for who in order[: self.num_people]]

    def _say(self, folder: Path, found: NamedImages, people: list[list[NamedImage]]) -> None:
        kept = [image for images in people for image in images]
        print_log(
            f'{folder}: {len(kept)} images of {len(people)} people at '
            f'{len({image.camera for image in kept})} cameras; left out: '
            f'{len(found.images) - len(kept)} images by num_people={self.num_people} and '
            f'images_per_person={self.images_per_person}, {found.num_nobody} images of nobody '
            f'(an identity below 1), {found.num_others} files named otherwise',
            logger='current',
        )


def _frames(images: Sequence[NamedImage]) -> list[int]:
    """Return the frame of each image at its camera, recordings one after the other."""
    cameras, last = defaultdict(list), Counter[tuple[int, int]]()
    for image in images:
        cameras[image.camera].append(image)
        recording = image.camera, image.sequence
        last[recording] = max(last[recording], image.frame or 0)
    frames: dict[Path, int] = {}
    for camera, seen in cameras.items():
        if any(image.frame is None for image in seen):
            frames |= {image.path: place for place, image in enumerate(seen)}
            continue
        start, starts = 0, {}
        for sequence in sorted({image.sequence for image in seen}):
            starts[sequence] = start
            start += last[camera, sequence] + 1
        frames |= {image.path: starts[image.sequence] + (image.frame or 0) for image in seen}
    return [frames[image.path] for image in images]


def _of_one_camera(
    images: list[NamedImage], most: int, rng: np.random.Generator
) -> list[NamedImage]:
    """Return images of a camera that has the most wanted ones, or as many as any other."""
    cameras = defaultdict(list)
    for image in images:
        cameras[image.camera].append(image)
    enough = min(most, max(map(len, cameras.values())))
    able = [each for each in cameras.values() if len(each) >= enough]
    return spread(able[rng.integers(len(able))], most)


def _in_turn(order: np.ndarray, cameras: Iterable[int]) -> np.ndarray:
    """Sort people, so that the first of each camera come first, then the second of each ..."""
    turns, seen = [], Counter[int]()
    for camera in cameras:
        turns.append(seen[camera])
        seen[camera] += 1
    return order[np.argsort(turns, kind='stable')]
