"""Features of detections, embedded once and kept in files."""

import hashlib
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from mmmaml.models.onnx import OnnxReID
from mmmaml.utils.files import atomic_path
from mmmaml.utils.images import read_frame
from mmmaml.utils.mot_files import read_seqinfo

from .sequences import TuningSequence


def embed_once(
    sequence: TuningSequence,
    reid: OnnxReID,
    cache: Path,
    least_score: float,
    advance: Callable[[], None] = lambda: None,
) -> TuningSequence:
    """Return a sequence with the features of its detections, from the cache if they are there.

    Args:
        sequence: The sequence; its images are beside its ground truth.
        reid: The network.
        cache: Folder of the features. Other detections, another network or
            other pixels given to it make other files.
        least_score: Features of detections below it are never asked for, and zero.
        advance: Called after each frame that is embedded.

    Raises:
        FileNotFoundError: Images are missing.
    """
    found = sequence.detections
    key = hashlib.sha1(Path(reid.session.path).read_bytes())
    key.update(json.dumps(reid.processing).encode())
    for part in (found.frames, found.bboxes, found.scores >= least_score):
        key.update(part.tobytes())
    path = cache / f'{sequence.name}-{key.hexdigest()[:12]}.npy'
    if not path.is_file():
        feats = _embed(sequence, reid, least_score, advance)
        with atomic_path(path) as temporary, temporary.open('wb') as file:
            np.save(file, feats.numpy())
    return sequence.with_feats(torch.from_numpy(np.load(path)))


def load_features(sequence: TuningSequence, folder: Path) -> TuningSequence:
    """Return a sequence with features from ``SEQ.npy``, a row for each detection of its file.

    Raises:
        FileNotFoundError: There is no such file.
        ValueError: It holds no array (R, C) of finite numbers for R detections.
    """
    path = folder / f'{sequence.name}.npy'
    if not path.is_file():
        raise FileNotFoundError(
            f'{folder} holds no features of {sequence.name}: {path} is missing'
        )
    try:
        feats = np.load(path, allow_pickle=False)
    except (ValueError, OSError, EOFError) as error:
        raise ValueError(f'{path} cannot be read as an array: {error}') from error
    number = len(sequence.detections.frames)
    if feats.ndim != 2 or len(feats) != number or feats.dtype.kind != 'f':
        raise ValueError(
            f'{path} holds {feats.dtype} {feats.shape}, expected floats ({number}, C): a row for '
            'each detection, ordered by frame and then as in the file'
        )
    if not np.isfinite(feats).all():
        raise ValueError(f'{path} holds features that are not finite')
    return sequence.with_feats(torch.from_numpy(feats.astype(np.float32)))


def _embed(
    sequence: TuningSequence, reid: OnnxReID, least_score: float, advance: Callable[[], None]
) -> Tensor:
    info = read_seqinfo(sequence.folder)
    feats = torch.zeros(len(sequence.detections.frames), reid.head.in_channels)
    start = 0
    for number, (boxes, scores, *_) in enumerate(sequence.frames, start=1):
        wanted = scores >= least_score
        if wanted.any():
            frame = read_frame(str(info.image_path(number)))
            image = torch.from_numpy(frame).permute(2, 0, 1)[None]
            rows = torch.arange(start, start + len(boxes))[wanted]
            feats[rows] = reid.embed(image, boxes[wanted]).cpu()
        start += len(boxes)
        advance()
    return feats
