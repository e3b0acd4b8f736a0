"""Timing of one-shot networks, and of Re-ID networks on crops, on simulated people."""

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext

import numpy as np
import torch
from mmdet.structures import DetDataSample
from mmengine.config import Config
from mmengine.device import get_device
from mmengine.logging import MMLogger
from mmengine.structures import InstanceData
from torch import Tensor

from mmmaml.apis.stage_clock import StageClock
from mmmaml.models import MAMLMOT
from mmmaml.models.trackers.model_inputs.reid_features import crop_normalization, extract_features
from mmmaml.registry import MODELS
from tools.benchmarks.common.clocks import synchronize, timer

PRECISIONS = {'fp32': None, 'fp16': torch.float16, 'bf16': torch.bfloat16}
IDENTITIES = 500
WARM_UP = 2


def time_frames(
    config: Config,
    size: tuple[int, int],
    people: int,
    frames: int,
    precision: str,
    batch: int = 1,
    channels_last: bool = False,
) -> dict[str, list[float]]:
    """Time each stage of each frame.

    Args:
        config: Of a ``MAMLMOT`` with a ``OneShotDetector``.
        size: Width and height of the input.
        people: Detections a frame.
        frames: Frames that are timed, after a few that are not.
        precision: Of the network, a key of ``PRECISIONS``; the tracker has single precision.
        batch: Frames that go through the network together; seconds are of all of them.
        channels_last: Order of the numbers of the network in memory.

    Returns:
        Seconds of ``input`` (to the device, normalised), ``network``, ``decoding`` (peaks, boxes,
        features), ``tracker`` and ``end to end`` (all of it).
    """
    model, clock = _model(config).eval(), StageClock(get_device(), timer())
    if channels_last:
        model.detector.to(memory_format=torch.channels_last)
    head = model.detector.bbox_head
    head.score_thr, head.max_per_img = 0.0, people  # as many peaks as people, with any weights
    for owner, method, name in (
        (model.data_preprocessor, 'forward', 'input'),
        (model.detector, 'extract_feat', 'network'),
        (head, 'detect', 'network'),
        (head, 'predict', 'decoding'),
        (model.tracker, 'step', 'tracker'),
    ):
        clock.watch(owner, method, name)
    model.tracker.bind(model.detector.reid_head)
    walk = SimulatedWalk(people, size, model.detector.reid_head.in_channels)
    image = torch.randint(256, (3, size[1], size[0]), dtype=torch.uint8)

    def run(batch_frames: range) -> None:
        with _autocast(precision):
            samples = [_sample(size) for _ in batch_frames]
            data = {'inputs': [image] * batch, 'data_samples': samples}
            data = model.data_preprocessor(data)
            inputs = data['inputs']
            if channels_last:
                inputs = inputs.contiguous(memory_format=torch.channels_last)
            model.detector.predict(inputs, data['data_samples'])
        for number in batch_frames:
            model.tracker.step(number, *walk.frame(number))

    return _time_batches(clock, run, batch, frames)


def time_crops(
    config: Config,
    size: tuple[int, int],
    people: int,
    frames: int,
    precision: str,
    batch: int = 1,
    channels_last: bool = False,
) -> dict[str, list[float]]:
    """Time the stages of a model whose Re-ID network sees boxes cut from frames.

    For the arguments see :func:`time_frames`; the detector is left out, the people are its
    detections.

    Returns:
        Seconds of ``input`` (frames to the device, in uint8), ``crops`` (cut, resized,
        normalised), ``network``, ``tracker`` and ``end to end``.
    """
    config = Config(config.to_dict())
    config.model.reid.update(test_precision=precision, channels_last=channels_last)
    model, clock = _model(config).eval(), StageClock(get_device(), timer())
    clock.watch(model.reid, 'extract_crop_feats', 'network')
    clock.watch(model.tracker, 'step', 'tracker')
    model.tracker.bind(model.reid.reid_head)
    normalize = crop_normalization(None, config.model.data_preprocessor, raw=True)
    options = config.model.tracker.reid
    walk = SimulatedWalk(people, size, model.reid.reid_head.in_channels)
    image = torch.randint(256, (1, 3, size[1], size[0]), dtype=torch.uint8)
    scale = tuple(options.img_scale)

    def run(batch_frames: range) -> None:
        for number in batch_frames:
            people_there = walk.frame(number)
            with clock.stage('input'):
                frame = image.to(get_device())
            with clock.stage('crops'):
                extract_features(model.reid, frame, people_there[0], scale, normalize=normalize)
            model.tracker.step(number, *people_there)

    return _time_batches(clock, run, batch, frames)


def _time_batches(
    clock: StageClock, run: Callable[[range], None], batch: int, batches: int
) -> dict[str, list[float]]:
    """Time a chain, batch by batch, after a few that are not timed.

    Args:
        clock: Watches the stages of the chain.
        run: Takes the numbers of the frames of a batch, from 0, through the chain.
        batch: Frames of each.
        batches: Batches that are timed.

    Returns:
        Seconds of each stage and ``end to end``, a value for each batch.
    """
    seconds: dict[str, list[float]] = {}
    for number in range(WARM_UP + batches):
        clock.reset()
        with torch.no_grad(), clock.stage('rest'):
            run(range(number * batch, (number + 1) * batch))
        if number >= WARM_UP:
            stages = {**clock.seconds, 'end to end': sum(clock.seconds.values())}
            for name, value in stages.items():
                seconds.setdefault(name, []).append(value)
    return seconds


def time_training(
    config: Config, size: tuple[int, int], people: int, batch: int, steps: int, precision: str
) -> list[float]:
    """Time steps of joint training: forward, backward and the optimizer's step.

    Args:
        config: Of a ``MAMLMOT`` with a ``OneShotDetector``.
        size: Width and height of the input.
        people: Boxes a frame.
        batch: Frames a step.
        steps: Steps that are timed, after one that is not.
        precision: A key of ``PRECISIONS``.
    """
    model = _model(config).train()
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-4)
    walk = SimulatedWalk(people, size, 1)
    inputs = torch.randn(batch, 3, size[1], size[0], device=get_device())
    samples = []
    for number in range(batch):
        sample = DetDataSample(metainfo={'img_shape': size[::-1]})
        bboxes, _, labels, _ = walk.frame(number)
        ids = torch.arange(people, device=bboxes.device)
        sample.gt_instances = InstanceData(bboxes=bboxes, labels=labels, instances_ids=ids)
        samples.append(sample)
    seconds = []
    for number in range(steps + 1):
        synchronize()
        start = timer()()
        with _autocast(precision):
            loss, _ = model.parse_losses(model.loss(inputs, samples))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        synchronize()
        if number:
            seconds.append(timer()() - start)
    return seconds


class SimulatedWalk:
    """People who walk, with features that tell them apart.

    Args:
        people: Their number.
        size: Width and height of the image.
        channels: Width of the features.
    """

    def __init__(self, people: int, size: tuple[int, int], channels: int) -> None:
        rng = np.random.default_rng(0)
        self._start = rng.uniform(0.1, 0.9, (people, 2)) * size
        self._step = rng.normal(0, 1.5, (people, 2))
        self._half = np.array([0.2, 0.5]) * rng.uniform(0.1, 0.3, (people, 1)) * size[1]
        self._appearance = rng.normal(size=(people, channels))
        self._rng = rng

    def frame(self, number: int) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Return boxes (n, 4), scores (n,), labels (n,) and features (n, C) of a frame."""
        centers = self._start + number * self._step
        noise = 0.1 * self._rng.normal(size=self._appearance.shape)
        boxes = np.concatenate([centers - self._half, centers + self._half], 1)
        bboxes, feats = (
            torch.tensor(each, dtype=torch.float32, device=get_device())
            for each in (boxes, self._appearance + noise)
        )
        labels = torch.zeros(len(boxes), dtype=torch.long, device=get_device())
        return bboxes, torch.full_like(bboxes[:, 0], 0.9), labels, feats


def _sample(size: tuple[int, int]) -> DetDataSample:
    """Return the annotation of a frame without people."""
    sample = DetDataSample(metainfo={'img_shape': size[::-1], 'scale_factor': (1, 1)})
    sample.gt_instances = InstanceData(bboxes=torch.zeros(0, 4))
    sample.ignored_instances = InstanceData()
    return sample


def _model(config: Config) -> MAMLMOT:
    config = Config(config.to_dict())
    part = config.model.get('reid') or config.model.detector.bbox_head
    part.get('head', part.get('reid')).num_classes = IDENTITIES
    model: MAMLMOT = MODELS.build(config.model)
    MMLogger.get_current_instance().setLevel('WARNING')  # a line for every weight otherwise
    model.init_weights()
    return model.to(get_device())


def _autocast(precision: str) -> AbstractContextManager:
    dtype = PRECISIONS[precision]
    return nullcontext() if dtype is None else torch.autocast(get_device(), dtype)
