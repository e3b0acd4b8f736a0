"""A scatter prior as a file: how embeddings of one person vary, learnt from other people."""

import os
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING
from zipfile import BadZipFile

import numpy as np
import torch
from torch import Tensor

from mmmaml.meta import AdapterNumbers, ScatterStatistics
from mmmaml.utils import atomic_path

if TYPE_CHECKING:
    from .meta_reid_head import MetaReIDHead

KEYS = 'scatter', 'mean', 'count'
LAYER = 'layer'
NUMBERS = tuple(asdict(AdapterNumbers()))


def save_prior(
    path: str | os.PathLike, statistics: ScatterStatistics, layer: Tensor | None = None
) -> None:
    """Write statistics of identities into a ``.npz`` file.

    It holds ``scatter``, ``mean`` and ``count``; what was learned beside them: ``layer``, and
    the numbers of :class:`~mmmaml.meta.AdapterNumbers` that are not those chosen by hand.

    Args:
        path: The file.
        statistics: Scatter, mean and numbers.
        layer: (D, C) last layer that the statistics are of; None for features as they are.
    """
    values = {key: getattr(statistics, key).cpu().numpy() for key in KEYS}
    by_hand = asdict(AdapterNumbers())
    numbers = asdict(statistics.numbers)
    values |= {k: np.float64(v) for k, v in numbers.items() if v != by_hand[k]}
    if layer is not None:
        values[LAYER] = layer.detach().cpu().numpy()
    with atomic_path(path) as temporary, temporary.open('wb') as file:
        np.savez_compressed(file, **values)


def load_prior(path: str | os.PathLike, head: 'MetaReIDHead') -> None:
    """Read statistics of identities, and what was learned beside them.

    Args:
        path: File that :func:`save_prior` wrote.
        head: Of an embedding of D numbers; its statistics are filled, and its layer is replaced
            if the file has one.

    Raises:
        FileNotFoundError: The file does not exist.
        ValueError: It is no prior, or one of another width.
    """
    if not Path(path).is_file():
        raise FileNotFoundError(f'prior {path} does not exist; tools/fit_prior.py makes one')
    try:
        with np.load(path, allow_pickle=False) as file:
            values = {key: torch.from_numpy(file[key]) for key in KEYS}
            numbers = AdapterNumbers(**{k: float(file[k]) for k in NUMBERS if k in file})
            layer = torch.from_numpy(file[LAYER]) if LAYER in file else None
    except (OSError, ValueError, KeyError, BadZipFile, AttributeError, TypeError) as error:
        raise ValueError(
            f'{path} is no scatter prior ({error}); tools/fit_prior.py makes one'
        ) from error
    statistics = head.scatter
    width = len(statistics.mean)
    if values['mean'].shape != (width,) or values['scatter'].shape != (width, width):
        raise ValueError(
            f'prior {path} is of embeddings of {len(values["mean"])} numbers, those of the Re-ID '
            f'network have {width}: fit it with the same network'
        )
    if layer is not None and layer.shape != head.weight.shape:
        raise ValueError(
            f'prior {path} holds a layer of {tuple(layer.shape)} numbers, that of the Re-ID '
            f'network has {tuple(head.weight.shape)}: learn it with the same network'
        )
    for key, value in (*values.items(), (LAYER, layer)):
        if value is not None and not torch.isfinite(value).all():
            raise ValueError(f'prior {path} holds a {key} that is not finite')
    for key, value in values.items():
        getattr(statistics, key).copy_(value)
    statistics.numbers = numbers
    if layer is not None:
        with torch.no_grad():
            head.weight.copy_(layer)
