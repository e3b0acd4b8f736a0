"""Real sequences in the MOTChallenge layout, with features of their detections."""

import hashlib
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import torch
from scipy.optimize import linear_sum_assignment
from torch import Tensor

from mmmaml.evaluation import TrackedSequence
from mmmaml.models.onnx.onnx_reid import OnnxReID
from mmmaml.utils.box_overlap import row_iou
from mmmaml.utils.files import atomic_path
from mmmaml.utils.mot_files import (
    CLASS,
    FRAME,
    HEIGHT,
    ID,
    LEFT,
    NUM_COLUMNS,
    PEDESTRIAN,
    SCORE,
    VISIBILITY,
    WIDTH,
    read_rows,
    read_seqinfo,
)
from tools.benchmarks.common.simulated_detections import SimulatedFrame

CONSIDERED = SCORE
"""Column of ground truth that detections have their score in."""

PRIOR_IMAGES = 8
"""Images of each identity that the prior is filled from."""


@dataclass(frozen=True, eq=False)
class RealSequence:
    """A sequence, its detections and their features.

    Attributes:
        name: Of its folder.
        frame_rate: Frames per second.
        num_frames: Frames of the video.
        size: Width and height in pixels.
        gt: (R, 9) ground truth as for ``TrackedSequence``.
        frames: Input of a tracker, one a frame; ``identities`` is the person that a detection of
            at least 0.5 IoU shows, or -1.
    """

    name: str
    frame_rate: float
    num_frames: int
    size: tuple[int, int]
    gt: np.ndarray
    frames: list[SimulatedFrame]

    def tracked(self, rows: np.ndarray) -> TrackedSequence:
        """Return the sequence with tracks (R, >= 7), to be scored."""
        return TrackedSequence(
            self.name, self.gt, rows[:, : SCORE + 1], self.num_frames, self.frame_rate, self.size
        )


def lay_out(data: Path, out_dir: Path) -> Path:
    """Return the folder of the sequences, unpacked if ``data`` holds them as videos.

    Raises:
        FileNotFoundError: There are no sequences.
    """
    script = data / 'unpack.py'
    if script.is_file():
        data = out_dir / 'data'
        subprocess.run([sys.executable, str(script), str(data)], check=True)
    if not find(data):
        raise FileNotFoundError(
            f'{data} holds no real sequences: expected unpack.py, or SEQ folders with img1/, '
            'det/det.txt, gt/gt.txt and seqinfo.ini'
        )
    return data


def find_network(data: Path) -> Path:
    """Find an ONNX file of OSNet anywhere below a folder.

    Raises:
        FileNotFoundError: There is none.
    """
    found = sorted(data.rglob('osnet*.onnx'))
    if not found:
        raise FileNotFoundError(f'{data} holds no osnet*.onnx: give a Re-ID network by --reid')
    return found[0]


def find(data: Path) -> list[Path]:
    """List the sequence folders anywhere below a folder."""
    found = (path.parents[1] for path in data.rglob('det/det.txt'))
    return sorted(path for path in found if (path / 'gt' / 'gt.txt').is_file())


@dataclass(frozen=True)
class Embedder:
    """A function from boxes to features, and what it depends on.

    Attributes:
        embed: Frame (1, 3, H, W) and boxes (N, 4) xyxy, N >= 1, to features (N, C).
        key: Bytes that change with it, of the cache of features.
    """

    embed: Callable[[Tensor, Tensor], Tensor]
    key: bytes

    @classmethod
    def of_network(cls, reid: OnnxReID) -> 'Embedder':
        """Embed by a network."""
        return cls(reid.embed, hashlib.sha1(Path(reid.session.path).read_bytes()).digest())


def read_sequence(folder: Path, embedder: Embedder, cache: Path) -> RealSequence:
    """Read a sequence and embed its detections.

    Args:
        folder: Of the sequence.
        embedder: Maker of the features.
        cache: Folder of the features, so that the same detections are embedded once.
    """
    info = read_seqinfo(folder)
    dets = read_rows(folder / 'det' / 'det.txt')
    dets = dets[np.argsort(dets[:, FRAME], kind='stable')]
    dets = dets[(dets[:, FRAME] <= info.num_frames) & (dets[:, [WIDTH, HEIGHT]] > 0).all(1)]
    gt = read_truth(folder / 'gt' / 'gt.txt')
    key = dets.tobytes() + embedder.key
    feats = cached(cache, folder.name, key, lambda: _embed(info.image_path, dets, embedder))
    frames = []
    for number in range(1, info.num_frames + 1):
        rows = np.flatnonzero(dets[:, FRAME] == number)
        truth = gt[gt[:, FRAME] == number]
        frames.append(_frame(number, dets[rows], feats[torch.from_numpy(rows)], truth))
    size = info.width, info.height
    return RealSequence(folder.name, info.frame_rate, info.num_frames, size, gt, frames)


def read_truth(path: Path) -> np.ndarray:
    """Read ground truth (R, 9) of the MOT15 form, whose last columns are positions in 3-D.

    All are taken for pedestrians in view; rows with flag 0 stay, and the scorer leaves them out.
    """
    rows = read_rows(path)[:, :NUM_COLUMNS]
    gt = np.full((len(rows), VISIBILITY + 1), -1.0)
    gt[:, :CLASS] = rows[:, :CLASS]
    gt[:, CLASS] = PEDESTRIAN
    return gt


def read_people(folder: Path, reid: OnnxReID, cache: Path) -> tuple[Tensor, Tensor]:
    """Embed images of people whose names begin with an identity, ``0002_c1s1_000451_03.jpg``.

    Returns:
        (I, k, C) features of up to ``PRIOR_IMAGES`` of each identity, and which there are (I, k).
    """
    chosen: dict[str, list[Path]] = {}
    for path in sorted(folder.glob('*.jpg')):
        chosen.setdefault(path.name.split('_')[0], []).append(path)
    rng = np.random.default_rng(0)
    picked = {
        name: [paths[i] for i in rng.permutation(len(paths))[:PRIOR_IMAGES]]
        for name, paths in chosen.items()
    }
    flat = [path for paths in picked.values() for path in paths]
    key = '\n'.join(path.name for path in flat).encode() + Embedder.of_network(reid).key
    embeds = cached(cache, folder.name, key, lambda: _embed_images(flat, reid))
    feats = torch.zeros(len(picked), PRIOR_IMAGES, embeds.shape[1])
    valid = torch.zeros(len(picked), PRIOR_IMAGES, dtype=torch.bool)
    start = 0
    for person, paths in enumerate(picked.values()):
        feats[person, : len(paths)] = embeds[start : start + len(paths)]
        valid[person, : len(paths)] = True
        start += len(paths)
    return feats, valid


def cached(cache: Path, name: str, key: bytes, make: Callable[[], Tensor]) -> Tensor:
    """Take an array from a folder, or make and keep it.

    Args:
        cache: The folder.
        name: First part of the file's name.
        key: Bytes that change with the array.
        make: Maker of the array.
    """
    path = cache / f'{name}-{hashlib.sha1(key).hexdigest()[:12]}.npy'
    if not path.is_file():
        cache.mkdir(parents=True, exist_ok=True)
        feats = make().numpy()
        with atomic_path(path) as temporary, temporary.open('wb') as file:
            np.save(file, feats)
    return torch.from_numpy(np.load(path))


def _frame(number: int, dets: np.ndarray, feats: Tensor, truth: np.ndarray) -> SimulatedFrame:
    truth = truth[truth[:, CONSIDERED] != 0]
    identities = np.full(len(dets), -1, dtype=np.int64)
    iou = row_iou(truth[:, LEFT : LEFT + 4], dets[:, LEFT : LEFT + 4])
    people, found = linear_sum_assignment(-np.where(iou >= 0.5, iou, 0))
    sure = iou[people, found] >= 0.5
    identities[found[sure]] = truth[people[sure], ID]
    boxes = dets[:, LEFT : LEFT + 4].copy()
    boxes[:, 2:] += boxes[:, :2]
    return SimulatedFrame(
        number,
        torch.from_numpy(boxes).float(),
        torch.from_numpy(dets[:, SCORE]).float(),
        torch.zeros(len(dets), dtype=torch.long),
        feats,
        identities,
    )


def _embed(image_path: Callable[[int], Path], dets: np.ndarray, embedder: Embedder) -> Tensor:
    """Embed detections that are in the order of their frames."""
    parts = []
    for number in np.unique(dets[:, FRAME]).astype(int).tolist():
        boxes = torch.from_numpy(dets[dets[:, FRAME] == number, LEFT : LEFT + 4])
        boxes[:, 2:] += boxes[:, :2]
        parts.append(embedder.embed(_image(image_path(number)), boxes))
    return torch.cat(parts)


def _embed_images(paths: list[Path], reid: OnnxReID) -> Tensor:
    parts = [
        reid.embed_crops([cv2.imread(str(path)) for path in paths[start : start + 64]])
        for start in range(0, len(paths), 64)
    ]
    return torch.cat(parts)


def _image(path: Path) -> Tensor:
    image = cv2.imread(str(path))
    if image is None:
        raise FileNotFoundError(f'{path} cannot be read')
    return torch.from_numpy(image).permute(2, 0, 1)[None]
