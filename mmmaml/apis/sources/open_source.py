"""The source that a name means."""

import os
import re
from collections.abc import Iterable, Sized
from pathlib import Path
from typing import TypeGuard

import numpy as np

from .frame_source import FrameSource
from .image_source import SUFFIXES, ImageSource
from .live_source import LiveSource
from .video_source import VideoSource

Source = str | os.PathLike | int | Iterable[np.ndarray] | FrameSource


def open_source(source: Source) -> FrameSource:
    """Open whatever holds frames.

    Args:
        source: A video file; a folder of images; a sequence folder in the MOTChallenge layout; the
            index of a camera, as a number or in digits that are no file or folder; the address of
            a stream (``rtsp://...``); or arrays (H, W, 3) uint8 in blue, green, red.

    Raises:
        FileNotFoundError: There is no such file or folder, or it holds no frames.
        OSError: It cannot be opened.
        ValueError: It is a single picture.
    """
    if isinstance(source, FrameSource):
        return source
    if isinstance(source, int) or _is_camera(source):
        return LiveSource(int(source), f'camera{int(source)}')
    if not isinstance(source, str | os.PathLike):
        return FrameSource(source, num_frames=len(source) if isinstance(source, Sized) else None)
    if isinstance(source, str) and '://' in source:
        host = re.sub(r'\w+://(.*@)?', '', source)  # no password in names of files
        return LiveSource(source, re.sub(r'\W+', '_', host).strip('_') or 'stream')
    path = Path(source)
    if path.is_dir():
        return ImageSource(path)
    if not path.exists():
        raise FileNotFoundError(
            f'{path} does not exist: give a video file, a folder of images, the index of a camera '
            'or the address of a stream'
        )
    if path.suffix.lower() in SUFFIXES:
        raise ValueError(f'{path} is a single picture: give the folder of the frames')
    return VideoSource(path)


def _is_camera(source: Source) -> TypeGuard[str]:
    """Return True for digits that are not those of a folder such as ``0001``."""
    return isinstance(source, str) and source.isdecimal() and not Path(source).exists()
