"""A model from a config, with its weights."""

import logging
import os
import re
import zipfile
from collections import OrderedDict
from inspect import signature
from pathlib import Path
from pickle import UnpicklingError
from typing import Any

import torch
from mmengine import DefaultScope
from mmengine.config import Config
from mmengine.logging import print_log
from torch import nn

from mmmaml.config_files import find_config
from mmmaml.registry import MODELS
from mmmaml.utils.option_checks import OptionError


def load_config(config: str | os.PathLike | Config, options: dict | None = None) -> Config:
    """Read a config and lay options over it; a ``Config`` is copied.

    Args:
        config: As for :func:`~mmmaml.config_files.find_config`, or what was read.
        options: Values by key, ``{'model.tracker.score_thr': 0.3}``.

    Raises:
        FileNotFoundError: The file, or one it is based on, does not exist.
    """
    if isinstance(config, Config):
        config = Config(config.to_dict())
    else:
        config = _read_config(find_config(config))
    config.merge_from_dict(options or {})
    return config


def _read_config(path: str | os.PathLike) -> Config:
    try:
        return Config.fromfile(path)
    except FileNotFoundError as error:
        missing = os.path.normpath(error.filename or str(error))
        raise FileNotFoundError(
            f'config {path} cannot be read: it is based on {missing}, which does not exist'
        ) from error


def build_model(config: Config, checkpoint: str | os.PathLike | None, device: str) -> nn.Module:
    """Build the model of a config, ready to track.

    Args:
        config: The config.
        checkpoint: Weights; None means ``load_from`` of the config, else ``init_cfg`` of its
            parts.
        device: Where it runs, such as ``'cpu'`` or ``'cuda:0'``.

    Raises:
        FileNotFoundError: The checkpoint does not exist.
        ValueError: The config has no model, or a part has not an option that it names; the weights
            do not fit it, or there is no such device.
    """
    if 'model' not in config:
        raise ValueError(f'config {config.filename} has no model')
    _check_device(device)
    with DefaultScope.overwrite_default_scope(config.get('default_scope', 'mmmaml')):
        model = _build(config)
        checkpoint = checkpoint or config.get('load_from')
        if checkpoint is not None:
            load_weights(model, str(checkpoint))
        elif not model.is_init:
            print_log(
                'no checkpoint: weights start from init_cfg, and where there is none at random',
                logger='current',
                level=logging.WARNING,
            )
            model.init_weights()
    return model.to(device).eval()


def build_tracker(config: Config) -> Any:
    """Build another tracker as the model of a config has.

    Raises:
        ValueError: The tracker is no part of the model's config by itself.
    """
    if 'tracker' not in config.model:
        raise ValueError(
            f'the model of {config.filename} names no tracker that could be built for each of '
            'several streams: track them one by one'
        )
    with DefaultScope.overwrite_default_scope(config.get('default_scope', 'mmmaml')):
        return MODELS.build(config.model.tracker)


def _build(config: Config) -> Any:
    try:
        return MODELS.build(config.model)
    except TypeError as error:
        if not _is_of_arguments(error):
            raise
        place = f'config {config.filename}' if config.filename else 'the model'
        raise ValueError(f'{place} cannot be built: {_in_words(error)}') from error


def _is_of_arguments(error: TypeError) -> bool:
    """Tell errors of the arguments that a config gives from those within a constructor."""
    place = error.__traceback__
    while place is not None and place.tb_next is not None:
        place = place.tb_next
    raised_in = '' if place is None else place.tb_frame.f_globals.get('__name__', '')
    by_call = raised_in.startswith('mmengine.registry.')  # no line of the constructor has run
    return by_call or isinstance(error, OptionError) or _CALL.search(str(error)) is not None


_CALL = re.compile(r'(\w+)\.__init__\(\) (?:got|missing|takes) ')
"""Python's words on the arguments of a constructor, also of one that another hands them on to."""


def _in_words(error: TypeError) -> str:
    unknown = re.search(_CALL.pattern + r"an unexpected keyword .* '(\w+)'", str(error))
    if unknown is None:
        return str(error)
    part, name = unknown.groups()
    built = MODELS.get(part)
    known = [each for each in signature(built).parameters if each != 'kwargs'] if built else []
    listed = f'; it has {", ".join(known)}' if known else ''
    return f'{part} has no option {name!r}{listed}'


def _check_device(device: str) -> None:
    try:
        kind = torch.device(device).type
    except RuntimeError as error:
        raise ValueError(f'device={device} is none of torch: use cpu, cuda or cuda:1') from error
    if kind == 'cuda' and not torch.cuda.is_available():
        raise ValueError(f'device={device}: torch finds no GPU; use cpu')


def _load_checkpoint(model: nn.Module, checkpoint: str) -> dict[str, Any]:
    """Copy the weights of a checkpoint to a model, those in files without a copy between."""
    from mmengine.runner.checkpoint import CheckpointLoader, load_state_dict

    if '://' in checkpoint:
        loaded = CheckpointLoader.load_checkpoint(checkpoint, map_location='cpu')
    else:
        mapped = zipfile.is_zipfile(checkpoint)  # torch maps no other format
        loaded = torch.load(checkpoint, map_location='cpu', weights_only=False, mmap=mapped)
    if not isinstance(loaded, dict):
        raise ValueError(f'it holds {type(loaded).__name__}, not a state dict')
    state = loaded.get('state_dict', loaded)
    named = OrderedDict((key.removeprefix('module.'), value) for key, value in state.items())
    named._metadata = getattr(state, '_metadata', OrderedDict())  # type: ignore[attr-defined]
    load_state_dict(model, named, logger='silent')
    return loaded


def load_weights(model: nn.Module, checkpoint: str) -> None:
    """Load weights and refuse those of another network.

    Raises:
        FileNotFoundError: The checkpoint does not exist.
        ValueError: No weight has the name, or one has not the shape, that the model expects.
    """
    if '://' not in checkpoint and not Path(checkpoint).is_file():
        raise FileNotFoundError(f'checkpoint {checkpoint} does not exist')
    try:
        loaded = _load_checkpoint(model, checkpoint)
    except (RuntimeError, OSError, ValueError, EOFError, UnpicklingError) as error:
        raise ValueError(f'checkpoint {checkpoint} cannot be read: {error}') from error
    state = loaded.get('state_dict', loaded)
    state = {key.removeprefix('module.'): value for key, value in state.items()}
    expected = {name: tuple(each.shape) for name, each in model.named_parameters()}
    if expected and not expected.keys() & state.keys():
        raise ValueError(
            f'checkpoint {checkpoint} holds no weight of {type(model).__name__}; it holds '
            f'{", ".join(sorted(state)[:3])}, ...'
        )
    for name, shape in expected.items():
        if name in state and tuple(state[name].shape) != shape:
            raise ValueError(
                f'checkpoint {checkpoint} is of another network: {name} has shape '
                f'{tuple(state[name].shape)} there, {shape} in the config'
            )
    missing = sorted(expected.keys() - state.keys())
    if missing:
        print_log(
            f'checkpoint {checkpoint} lacks {len(missing)} of {len(expected)} weights, which stay '
            f'random: {", ".join(missing[:3])}{", ..." if missing[3:] else ""}',
            logger='current',
            level=logging.WARNING,
        )
