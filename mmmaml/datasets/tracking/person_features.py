"""Features of people in several views each, as a file."""

import os
from dataclasses import dataclass
from pathlib import Path
from zipfile import BadZipFile

import numpy as np

from mmmaml.utils import atomic_path


@dataclass(frozen=True, eq=False)
class PersonFeatures:
    """Features of images of people, each image in several views.

    The first view is the image itself; the others are as a detector would show the person.

    Attributes:
        feats: (R, A, C) float32, A views of R images; of one person in the order of time.
        trust: (R, A) float32 visible share of each, 0..1.
        person: (R,) int64 person in a video: another number in another video.
        video: (R,) int64 video, or camera.
    """

    feats: np.ndarray
    trust: np.ndarray
    person: np.ndarray
    video: np.ndarray

    def __post_init__(self) -> None:
        rows = self.feats.shape[0] if self.feats.ndim == 3 else -1
        shapes = self.trust.shape, self.person.shape, self.video.shape
        if shapes != (self.feats.shape[:2], (rows,), (rows,)):
            raise ValueError(
                f'expected feats (R, A, C), trust (R, A), person (R,) and video (R,), got '
                f'{self.feats.shape}, {shapes[0]}, {shapes[1]} and {shapes[2]}'
            )

    def save(self, path: str | os.PathLike) -> None:
        """Write a ``.npz`` file."""
        with atomic_path(path) as temporary, temporary.open('wb') as file:
            np.savez(file, **vars(self))

    @classmethod
    def load(cls, path: str | os.PathLike) -> 'PersonFeatures':
        """Read a file that :meth:`save` wrote.

        Raises:
            FileNotFoundError: It does not exist.
            ValueError: It is another file.
        """
        hint = 'fit_prior --features makes one'
        if not Path(path).is_file():
            raise FileNotFoundError(f'features {path} do not exist; {hint}')
        try:
            with np.load(path, allow_pickle=False) as file:
                return cls(**{key: file[key] for key in cls.__dataclass_fields__})
        except (OSError, ValueError, KeyError, BadZipFile, AttributeError, TypeError) as error:
            raise ValueError(f'{path} holds no features of people ({error}); {hint}') from error
