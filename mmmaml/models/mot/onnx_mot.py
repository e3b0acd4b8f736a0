"""Detector, Re-ID network and tracker on frames as they are read."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple

import numpy as np
import torch
from mmengine.model import BaseModel
from mmengine.structures import BaseDataElement, InstanceData
from torch import Tensor

from mmmaml.models.trackers import OnlineMetaTracker
from mmmaml.registry import MODELS
from mmmaml.utils.images import cut_box


class Seen(NamedTuple):
    """A frame as the networks see it.

    Attributes:
        dets: ``bboxes`` (N, 4) xyxy in pixels of the frame, ``scores`` and ``labels`` (N,).
        feats: (N, D) features; None if there is no Re-ID network, or nobody to be compared.
    """

    dets: InstanceData
    feats: Tensor | None


@MODELS.register_module()
class OnnxMOT(BaseModel):
    """A tracking model without training and without MMDetection.

    Its parts see frames in uint8, in their own pixels, so that each resizes and normalises once.
    :class:`~mmmaml.apis.MOTInferencer` tracks with it, and ``tools/track.py``.

    Args:
        detector: Config of an :class:`~mmmaml.models.OnnxDetector` or a
            :class:`~mmmaml.models.PublicDetector`.
        tracker: Config of an :class:`~mmmaml.models.OnlineMetaTracker`.
        reid: Config of an :class:`~mmmaml.models.OnnxReID`; None tracks by motion and overlap.

    Attributes:
        takes_frames: Frames go in as they are, without a test pipeline.

    Raises:
        ValueError: The tracker is another one.
    """

    takes_frames = True

    def __init__(self, detector: dict, tracker: dict, reid: dict | None = None) -> None:
        super().__init__()
        self.detector = MODELS.build(detector)
        self.reid = None if reid is None else MODELS.build(reid)
        self.tracker = MODELS.build(tracker)
        if not isinstance(self.tracker, OnlineMetaTracker):
            raise ValueError(
                f'OnnxMOT tracks with OnlineMetaTracker, got {type(self.tracker).__name__}: use a '
                'MOT model of MMDetection with OnnxDetector and OnnxReID for others'
            )
        self.is_init = True  # all weights are in the files

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        """Refuse: frames go through :meth:`test_step`."""
        raise NotImplementedError('OnnxMOT tracks frame by frame, by test_step')

    @torch.no_grad()
    def test_step(self, data: dict[str, Any]) -> list[BaseDataElement]:
        """Track a frame.

        Args:
            data: ``inputs``: the frame (H, W, 3) uint8, blue, green, red; ``data_samples``: a list
                of one sample with ``frame_id`` in its metainfo, 0 for the first frame of a video,
                and perhaps ``frame_rate``; ``feats``, if it is there, those of the detections.

        Returns:
            The sample, with ``pred_track_instances``.
        """
        frame: np.ndarray = data['inputs']
        image = torch.from_numpy(frame).permute(2, 0, 1)[None]
        sample = self.detector.predict(image, data['data_samples'])[0]
        dets, number = sample.pred_instances, int(sample.metainfo['frame_id'])
        self.tracker.bind(self.tracker.features.head(self, None)[1])
        if number == 0:
            self.tracker.reset(sample.metainfo.get('frame_rate'))
        seen = None if self.tracker.camera is None else frame
        feats = data['feats'] if 'feats' in data else self._embed(image, dets)
        ids = self.tracker.step(number, dets.bboxes, dets.scores, dets.labels, feats, image=seen)
        reported = ids >= 0
        sample.pred_track_instances = InstanceData(
            bboxes=dets.bboxes[reported],
            labels=dets.labels[reported],
            scores=dets.scores[reported],
            instances_id=ids[reported],
        )
        if feats is not None:
            sample.pred_track_instances.feats = feats[reported.to(feats.device)]
        self.tracker.annotate(sample.pred_track_instances, reported)
        return [sample]

    def _embed(self, image: Tensor, dets: InstanceData) -> Tensor | None:
        """Return features (N, D) of N detections; zeros of those too weak to be compared."""
        wanted = self._wanted(dets)
        if self.reid is None or not wanted.any():
            return None
        return _spread(self.reid.embed(image, dets.bboxes[wanted]), wanted)

    def _wanted(self, dets: InstanceData) -> Tensor:
        """Return (N,) bool: the detection is one to be compared."""
        options = self.tracker.options.detections
        wanted = dets.scores >= options.score_thr
        if options.classes is not None:
            wanted &= torch.isin(dets.labels, dets.labels.new_tensor(options.classes))
        return wanted

    @contextmanager
    def threads_of_a_run(self, threads: int | None) -> Iterator[None]:
        """Within it, a run of a network on a CPU takes so many threads; None changes nothing."""
        networks: list[Any] = [self.detector, self.reid]
        sessions = [each.session for each in networks if hasattr(each, 'session')]
        before = [each.threads for each in sessions]
        for each in sessions:
            each.threads = threads or each.threads
        try:
            yield
        finally:
            for each, value in zip(sessions, before, strict=True):
                each.threads = value

    @torch.no_grad()
    def see(
        self, frames: Sequence[np.ndarray], given: Sequence[InstanceData | None]
    ) -> list[Seen]:
        """Run the networks on frames of several videos together, without tracking them.

        Several threads may call it at a time.

        Args:
            frames: (H, W, 3) uint8 each, blue, green, red, of any sizes.
            given: Detections of each frame; None if the detector finds them.
        """
        asked = [frame for frame, dets in zip(frames, given, strict=True) if dets is None]
        found = iter(self.detector.detect_all(asked) if asked else ())
        all_dets = [next(found) if dets is None else dets for dets in given]
        if self.reid is None:
            return [Seen(dets, None) for dets in all_dets]
        wanted = [self._wanted(dets) for dets in all_dets]
        crops = [
            cut_box(frame, box)
            for frame, dets, some in zip(frames, all_dets, wanted, strict=True)
            for box in dets.bboxes[some].tolist()
        ]
        feats = self.reid.embed_crops(crops).split([int(some.sum()) for some in wanted])
        return [
            Seen(dets, _spread(each, some) if len(each) else None)
            for dets, each, some in zip(all_dets, feats, wanted, strict=True)
        ]


def _spread(some: Tensor, wanted: Tensor) -> Tensor:
    """Return features (N, D) of all detections; zeros of those that are not wanted."""
    feats = some.new_zeros(len(wanted), some.shape[1])
    feats[wanted.to(feats.device)] = some
    return feats
