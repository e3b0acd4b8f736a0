"""A scatter prior as a file: how embeddings of one person vary, learnt from other people."""

import os
from pathlib import Path
from zipfile import BadZipFile

import numpy as np
import torch

from mmmaml.meta import ScatterStatistics
from mmmaml.utils import atomic_path

KEYS = 'scatter', 'mean', 'count'


def save_prior(path: str | os.PathLike, statistics: ScatterStatistics) -> None:
    """Write statistics of identities into a ``.npz`` file: ``scatter``, ``mean``, ``count``."""
    values = {key: getattr(statistics, key).cpu().numpy() for key in KEYS}
    with atomic_path(path) as temporary, temporary.open('wb') as file:
        np.savez_compressed(file, **values)


def load_prior(path: str | os.PathLike, statistics: ScatterStatistics) -> None:
    """Read statistics of identities.

    Args:
        path: File that :func:`save_prior` wrote.
        statistics: Of an embedding of D numbers; is filled.

    Raises:
        FileNotFoundError: The file does not exist.
        ValueError: It is no prior, or one of another width.
    """
    if not Path(path).is_file():
        raise FileNotFoundError(f'prior {path} does not exist; tools/fit_prior.py makes one')
    try:
        with np.load(path, allow_pickle=False) as file:
            values = {key: torch.from_numpy(file[key]) for key in KEYS}
    except (OSError, ValueError, KeyError, BadZipFile, AttributeError, TypeError) as error:
        raise ValueError(
            f'{path} is no scatter prior ({error}); tools/fit_prior.py makes one'
        ) from error
    width = len(statistics.mean)
    if values['mean'].shape != (width,) or values['scatter'].shape != (width, width):
        raise ValueError(
            f'prior {path} is of embeddings of {len(values["mean"])} numbers, those of the Re-ID '
            f'network have {width}: fit it with the same network'
        )
    for key, value in values.items():
        if not torch.isfinite(value).all():
            raise ValueError(f'prior {path} holds a {key} that is not finite')
        getattr(statistics, key).copy_(value)
