"""The trackers of the benchmark behind one face: prepare each frame, then take timed steps."""

import importlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache, partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import cv2
import numpy as np
import torch
from mmdet.structures import TrackDataSample
from mmengine.config import Config
from mmengine.structures import InstanceData
from torch import Tensor

from mmmaml.models import MetaReIDHead
from mmmaml.models.reid import InnerLoopCfg
from mmmaml.models.trackers import OnlineMetaTracker
from mmmaml.registry import MODELS, TASK_UTILS
from tools.benchmarks.common.paths import CONFIGS
from tools.benchmarks.common.simulated_detections import (
    Noise,
    SimulatedFrame,
    noisy,
    unit_vectors,
)

MODEL_CONFIG = CONFIGS / '_base_' / 'models' / 'maml-mot_r50.py'
BOT_SORT_CONFIG = CONFIGS / 'compare' / 'bot-sort_r18_demo.py'
PEERS = {
    'mmdet DeepSORT': ('mmdet', 'deepsort/deepsort_*'),
    'mmdet StrongSORT': ('mmdet', 'strongsort/strongsort_*'),
    'mmdet ByteTrack': ('mmdet', 'bytetrack/bytetrack_*'),
    'mmdet OC-SORT': ('mmdet', 'ocsort/ocsort_*'),
    'mmtrack DeepSORT': ('mmtrack', 'mot/deepsort/deepsort_*'),
    'mmtrack ByteTrack': ('mmtrack', 'mot/bytetrack/bytetrack_*'),
}
"""Package and pattern of the config; the one for the MOT17 half split is taken."""

OURS = 'OnlineMetaTracker'
ADAPTED = 'OnlineMetaTracker, adapted online'
MOTION = 'OnlineMetaTracker, motion only'
CAMERA = 'OnlineMetaTracker, camera motion'
BOT_SORT = 'BoT-SORT, by OnlineMetaTracker'
DEEPSORT = 'mmdet DeepSORT'
STRICT_DEEPSORT = 'mmdet DeepSORT, stricter'
STRICT_DISTANCE = 0.7746
"""Between unit vectors of cosine 0.7, the limit of mmdet's StrongSORT."""

Step = Callable[[], Any]


@dataclass(frozen=True)
class Contestant:
    """A tracker that can be run on simulated frames.

    Attributes:
        name: For tables.
        reset: Forget everything; called before each pass.
        prepare: Makes of a frame a call that tracks it and nothing else. The calls of a video
            can be made in order, pass after pass.
        tracks: Boxes (P, 4) and ids (P,) that such a call reported.
        tracker: The tracker itself.
    """

    name: str
    reset: Callable[[], None]
    prepare: Callable[[SimulatedFrame], Step]
    tracks: Callable[[SimulatedFrame, Any], tuple[Tensor, Tensor]]
    tracker: Any


def contestants(
    frame_rate: float, noise: Noise, seed: int, names: Sequence[str] | None = None
) -> Iterator[Contestant]:
    """Make the trackers to compare, one after the other.

    Args:
        frame_rate: Frames per second of the videos they will see.
        noise: Of the detections.
        seed: Of the training identities of the adapted head.
        names: Trackers to make; None makes all, those of mmtrack if it is installed.
    """

    def adapted() -> Contestant:
        head = trained_head(noise.channels, noise.cosine, seed)
        return ours(ADAPTED, frame_rate, head, **configured_options())

    def stricter() -> Contestant:
        made = peer(DEEPSORT, noise.channels, match_score_thr=STRICT_DISTANCE)
        return replace(made, name=STRICT_DEEPSORT)

    makers: dict[str, Callable[[], Contestant]] = {
        OURS: lambda: ours(OURS, frame_rate),
        ADAPTED: adapted,
        MOTION: lambda: ours(MOTION, frame_rate, with_feats=False),
        CAMERA: lambda: ours(CAMERA, frame_rate, images=still_images(seed), camera_motion={}),
        BOT_SORT: lambda: ours(BOT_SORT, frame_rate, **bot_sort_options()),
        **{name: partial(peer, name, noise.channels) for name in PEERS},
        STRICT_DEEPSORT: stricter,
    }
    for name in makers if names is None else names:
        try:
            yield makers[name]()
        except ModuleNotFoundError as error:
            if names is not None or error.name != 'mmtrack':
                raise


# ---- ours


def ours(
    name: str,
    frame_rate: float,
    head: MetaReIDHead | None = None,
    with_feats: bool = True,
    images: Sequence[np.ndarray] = (),
    **options: Any,
) -> Contestant:
    """Make an ``OnlineMetaTracker``.

    Args:
        name: For tables.
        frame_rate: Frames per second of the videos it will see.
        head: Its inner loop adapts online; None compares embeddings as they are.
        with_feats: False leaves it motion and overlap only.
        images: To estimate the motion of the camera from, over and over.
        options: Of the tracker.
    """
    tracker = OnlineMetaTracker(**{**options, 'frame_rate': frame_rate})
    tracker.bind(head)

    def prepare(frame: SimulatedFrame) -> Step:
        feats = frame.feats if with_feats else None
        image = images[frame.number % len(images)] if images else None
        inputs = frame.number - 1, frame.boxes, frame.scores, frame.labels, feats, image
        return lambda: tracker.step(*inputs)

    def tracks(frame: SimulatedFrame, ids: Tensor) -> tuple[Tensor, Tensor]:
        return frame.boxes[ids >= 0], ids[ids >= 0]

    return Contestant(name, tracker.reset, prepare, tracks, tracker)


@cache
def _config(path: Path) -> Config:
    return Config.fromfile(path)


def configured_options(path: Path = MODEL_CONFIG) -> dict[str, Any]:
    """Read the options of the tracker in one of our configs."""
    tracker = _config(path).model.tracker.to_dict()
    return {key: value for key, value in tracker.items() if key not in ('type', 'reid')}


def bot_sort_options() -> dict[str, Any]:
    """Read the options of our BoT-SORT, its camera standing still as that of the others."""
    return {**configured_options(BOT_SORT_CONFIG), 'camera_motion': None}


def still_images(seed: int, number: int = 4) -> list[np.ndarray]:
    """Draw frames (1080, 1920, 3) uint8 of a textured scene that differ by sensor noise alone."""
    rng = np.random.default_rng(seed)
    coarse = rng.uniform(0, 255, (108, 192, 3)).astype(np.float32)
    scene = cv2.resize(coarse, (1920, 1080), interpolation=cv2.INTER_CUBIC)
    noise = 2 * rng.standard_normal(scene.shape, dtype=np.float32)
    shifted = (np.roll(noise, 7 * index, axis=1) for index in range(number))
    return [np.clip(scene + each, 0, 255).astype(np.uint8) for each in shifted]


def trained_head(
    channels: int, cosine: float, seed: int, ways: int = 8, tasks: int | None = None
) -> MetaReIDHead:
    """Make a head as meta-training leaves it: memory and scatter filled from training tasks.

    The layer is a rotation, so that embeddings tell as much as the features do.

    Args:
        channels: C, also of the embedding.
        cosine: Between a feature and the direction of its identity.
        seed: Of the training identities, who are nobody in the videos.
        ways: Identities a task, with four support images each.
        tasks: In the memory; None takes as many as our configs keep.
    """
    memory = _config(MODEL_CONFIG).model.reid.head.memory.to_dict()
    tasks = memory['max_tasks'] = memory['max_tasks'] if tasks is None else tasks
    rng = np.random.default_rng([seed, 1])
    head = MetaReIDHead(channels, channels, task_classifier='prototype', memory=memory)
    with torch.no_grad():
        torch.nn.init.orthogonal_(head.embed.weight, generator=torch.manual_seed(seed))
        head.embed.bias.zero_()
    images = 5
    directions = unit_vectors(rng, tasks * ways, channels)
    flat = torch.from_numpy(noisy(rng, directions.repeat(images, axis=0), cosine))
    feats = flat.reshape(tasks, ways, images, channels)
    support, labels = feats[:, :, :-1], torch.zeros(tasks, ways, dtype=torch.long)
    with torch.no_grad():
        grads = head.adapt(support, feats[:, :, -1:], labels, InnerLoopCfg()).grads
        head.task_memory.add(support.flatten(1, 2), grads)
        embeds = head(feats[:, 0])
        head.scatter.fill(embeds, torch.ones(embeds.shape[:2], dtype=torch.bool))
    return head.eval()


# ---- peers


class PreparedReID:
    """Stand-in for the Re-ID network; its input are the embeddings already.

    Args:
        channels: C.
    """

    def __init__(self, channels: int) -> None:
        self.head = SimpleNamespace(out_channels=channels)

    def __call__(self, crops: Tensor, mode: str) -> Tensor:
        """Return the prepared embeddings."""
        return crops


def peer(name: str, channels: int, **changes: Any) -> Contestant:
    """Make a tracker of mmdet or mmtrack with the settings of its package's own config.

    Cutting boxes out of the image and the Re-ID network cost nothing here, and there is no camera
    motion to compensate: the time is that of the tracker with its Kalman filter.

    Args:
        name: One of ``PEERS``.
        channels: C of the embeddings.
        changes: Replaces settings of its ``reid``.

    Raises:
        ModuleNotFoundError: The package is not installed.
        FileNotFoundError: It comes without its configs.
    """
    package, _ = PEERS[name]
    cfg = peer_config(name)
    tracker_cfg = cfg.tracker.to_dict()
    tracker_cfg['type'] = f'{package}.{tracker_cfg["type"]}'
    motion_cfg = tracker_cfg.pop('motion', None) or cfg.motion.to_dict()
    motion = TASK_UTILS.build({**motion_cfg, 'type': f'{package}.{motion_cfg["type"]}'})
    if 'reid' in tracker_cfg:
        tracker_cfg['reid'].update(img_norm_cfg=None, **changes)
    tracker = MODELS.build(tracker_cfg)
    tracker.motion = motion
    tracker.crop_imgs = lambda img, metainfo, bboxes, rescale: metainfo['feats']
    model = SimpleNamespace(
        reid=PreparedReID(channels), motion=motion, with_motion=True, with_cmc=False
    )
    threshold = getattr(tracker, 'obj_score_thr', 0.0)
    image = torch.zeros(1, 3, 1, 1)

    def prepare(frame: SimulatedFrame) -> Step:
        dets = InstanceData(bboxes=frame.boxes, scores=frame.scores, labels=frame.labels)
        sample = TrackDataSample(
            metainfo={
                'frame_id': frame.number - 1,
                'feats': frame.feats[frame.scores > threshold],
            }
        )
        sample.pred_instances = sample.pred_det_instances = dets
        return lambda: tracker.track(model=model, img=image, feats=None, data_sample=sample)

    def tracks(frame: SimulatedFrame, output: InstanceData) -> tuple[Tensor, Tensor]:
        return output.bboxes, output.instances_id

    return Contestant(name, tracker.reset, prepare, tracks, tracker)


def peer_config(name: str) -> Config:
    """Read the model in the config that a peer's package brings for MOT17's half split."""
    package, pattern = PEERS[name]
    root = Path(str(importlib.import_module(package).__file__)).parent / '.mim' / 'configs'
    paths = sorted(root.glob(f'{pattern}mot17halftrain_test-mot17halfval.py'))
    if not paths:
        raise FileNotFoundError(f'{root} holds no {pattern}mot17halftrain_test-mot17halfval.py')
    return _config(paths[0]).model
