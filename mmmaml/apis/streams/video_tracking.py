"""One video under a model, frame by frame."""

import copy
from collections.abc import Generator
from pathlib import Path
from typing import Any

import numpy as np
import torch
from mmengine.structures import InstanceData

from mmmaml.models.mot.onnx_mot import Seen

from ..background import ReadAhead
from ..frame_clock import FrameClock
from ..frame_packer import FramePacker, RawFramePacker, single_sample
from ..given_detector import Detections, GivenDetector, to_instances
from ..model_stages import ModelStages
from ..sources import FrameSource, Source, SourceFrame, open_source
from ..stage_clock import StageClock
from ..tracks import Tracks
from .frames import PendingFrame, TrackedFrame
from .lane import Lane
from .video_detections import DetectionSource, VideoDetections, check_given

DEFAULT_FRAME_RATE = 30.0
FRAMES_AHEAD = 4
"""Frames that are decoded before they are needed; each takes 6 MB in full HD."""


class VideoTracking:
    """Tracking of one video at a time: the numbers and times of its frames, and their way.

    A frame is packed, which changes nothing; then the model tracks it, and it is accepted, so
    that the next one comes after it.

    Args:
        model: A tracking model; its detector is replaced by a :class:`GivenDetector`.
        packer: Makes frames ready for the model.
        clock: Gets the seconds of the stages.
        frame_rate: Frames per second, which goes before that of the video; None if it is not
            known.
        shares_networks: Another one times the networks of the model already.

    Attributes:
        model: The model.
        detector: In the place of the model's detector; None if it has none.

    Raises:
        ValueError: The frame rate is not positive.
    """

    _resumed: tuple[int, float] | None
    _start_time: float | None
    _dets: VideoDetections | None

    def __init__(
        self,
        model: Any,
        packer: FramePacker | RawFramePacker,
        clock: StageClock,
        frame_rate: float | None = None,
        shares_networks: bool = False,
    ) -> None:
        self.model = model
        self.detector: GivenDetector | None = None
        if getattr(model, 'detector', None) is not None:
            self.detector = model.detector = GivenDetector(model.detector).eval()
        self._packer, self._clock, self._wanted_rate = packer, clock, frame_rate
        self._stages = ModelStages(model, clock, shares_networks)
        self.reset()

    def reset(self) -> None:
        """Forget everything: the next frame is the first of another video."""
        self._resumed = None
        self._start(self._wanted_rate)

    def resume(self, number: int | None, frame_rate: float) -> None:
        """Go on after a frame that another tracked, which the tracker knows already.

        Args:
            number: Of that frame on the tracker's clock; None if there was none.
            frame_rate: Ticks per second of that clock.
        """
        self._resumed = None if number is None else (number, frame_rate)
        self._start(frame_rate)

    @property
    def frame_rate(self) -> float:
        """Frames per second of the video, as far as it is known."""
        if self._video_rate is not None:
            return self._video_rate
        options: Any = getattr(self.model.tracker, 'options', None)
        return getattr(options, 'frame_rate', DEFAULT_FRAME_RATE)

    @property
    def detection_file(self) -> Path | None:
        """File that the detections of the video are read from, if any."""
        return None if self._dets is None else self._dets.path

    def open(
        self, source: Source, detections: DetectionSource | None
    ) -> tuple[FrameSource, VideoDetections]:
        """Open a source and begin its video; for the arguments see ``MOTInferencer.track``."""
        source = open_source(source)
        check_given(self.model, self.detector, source, detections)
        rate = source.frame_rate if self._wanted_rate is None else self._wanted_rate
        if rate is None and self._resumed is not None:
            rate = self._resumed[1]
        self._start(rate)
        self._dets = VideoDetections(source, detections, self.detector)
        return source, self._dets

    def leave_source(self) -> None:
        """Take frames one by one from here on; the source that was opened does not go on."""
        self._dets = None
        if self.detector is not None:
            self.detector.reader = None

    def frames(
        self, source: FrameSource, dets: VideoDetections
    ) -> Generator[TrackedFrame, None, None]:
        """Track the frames of a source that was opened.

        Raises:
            ValueError: Other frames were tracked since, or as for ``MOTInferencer.track``.
        """
        frames = iter(ReadAhead(source, FRAMES_AHEAD) if source.reads_ahead else source)
        number = 0
        try:
            while True:
                if self._dets is not dets:
                    raise ValueError(
                        f'{source} cannot go on after frame {number}: this inferencer has taken '
                        'other frames since. Track one video after the other, or several by '
                        'streams()'
                    )
                spent = dict(self._clock.seconds)
                with self._clock.stage('decode'):
                    frame = next(frames, None)
                if frame is None:
                    dets.end(number)
                    return
                before, number = number, frame.number or number + 1
                tracks = self.update(frame, dets.next(before, number), source, number)
                seconds = {
                    stage: total - spent.get(stage, 0.0)
                    for stage, total in self._clock.seconds.items()
                }
                yield TrackedFrame(frame.image, tracks, seconds, source, self.frame_rate)
        finally:
            if hasattr(frames, 'close'):
                frames.close()

    def update(
        self,
        frame: SourceFrame,
        detections: Detections | None,
        source: FrameSource,
        count: int = 1,
    ) -> Tracks:
        """Track the next frame.

        Args:
            frame: The frame.
            detections: Those of the caller; None leaves them to the detector.
            source: Of the frame.
            count: Which frame of the source it is, from 1.

        Raises:
            ValueError: As for ``MOTInferencer.update``. Nothing is changed then.
        """
        pending = self.pack(frame, detections, source, count)
        tracks = self.finish(pending)
        self.accept(pending)
        return tracks

    def pack(
        self,
        frame: SourceFrame,
        detections: Detections | None,
        source: FrameSource,
        count: int,
    ) -> PendingFrame:
        """Check a frame and make it ready for the model; nothing is changed."""
        _check_frame(frame.image)
        given = None if detections is None else to_instances(detections)
        if self.detector is None and given is not None:
            raise ValueError(f'{type(self.model).__name__} has no detector to give detections for')
        time = self._time(frame)
        number = self._frames.next(time)
        start = time if self._start_time is None else self._start_time
        seconds = number / self._frames.frame_rate if time is None else time - (start or 0.0)
        with self._clock.stage('network'):
            batch = self._packer.pack(frame.image, number, source, count, self._video_rate)
        told = number + 1 if frame.number is None else frame.number
        return PendingFrame(frame.image, given, batch, number, time, told, seconds)

    @torch.no_grad()
    def finish(self, pending: PendingFrame) -> Tracks:
        """Run the model on a frame."""
        if self.detector is not None:
            self.detector.given = pending.given
        with self._clock.stage('association'):
            sample = single_sample(self.model.test_step(pending.batch)[0])
        if self.detector is not None:
            self.detector.given = None
        self._stages.watch_adapter()
        return Tracks.from_instances(
            pending.told,
            sample.pred_track_instances,
            pending.seconds,
            sample.metainfo.get('crowd_count'),
        )

    def accept(self, pending: PendingFrame) -> None:
        """Go on from a frame: the next one comes after it."""
        self._frames.accept(pending.number, pending.time)
        self._resumed = None
        if self._start_time is None:
            self._start_time = pending.time

    def fork(self, tracker: Any) -> 'VideoTracking':
        """Return the tracking of another video with the same networks.

        Args:
            tracker: The tracker of that video.

        Raises:
            ValueError: The networks change with their video (``reid.renormalise``).
        """
        if getattr(getattr(tracker, 'features', None), 'normalization', None) is not None:
            raise ValueError(
                "reid['renormalise'] makes the network follow one video: leave it out, or track "
                'the sources one by one'
            )
        model = copy.copy(self.model)
        model._modules = dict(model._modules)
        model.tracker = tracker
        if self.detector is not None:
            detector: Any = self.detector.detector
            if hasattr(detector, 'of_another_video'):
                detector = detector.of_another_video()
            model.detector = detector
        return VideoTracking(model, self._packer, self._clock, self._wanted_rate, True)

    def lane(self, stream: int, source: Source, detections: DetectionSource | None) -> Lane:
        """Open a source as one of several, at place ``stream``."""
        source, dets = self.open(source, detections)
        number = 0

        def pack(frame: SourceFrame) -> PendingFrame:
            nonlocal number
            before, number = number, frame.number or number + 1
            pending = self.pack(frame, dets.next(before, number), source, number)
            if pending.given is None and not getattr(self.detector, 'sees_frames', True):
                pending.given = self._look_up(pending)
            self.accept(pending)
            return pending

        def finish(pending: PendingFrame, seen: Seen | None) -> Tracks:
            if seen is not None:
                pending.given = seen.dets
                pending.batch['feats'] = seen.feats
            return self.finish(pending)

        def end() -> None:
            dets.end(number)

        return Lane(stream, source, pack, finish, end, self.frame_rate)

    def _look_up(self, pending: PendingFrame) -> InstanceData | None:
        """Return the detections that a file has of a frame."""
        if not getattr(self.model, 'takes_frames', False):
            return None
        assert self.detector is not None
        sample = self.detector.predict(torch.empty(0), pending.batch['data_samples'])[0]
        return sample.pred_instances

    def _start(self, frame_rate: float | None) -> None:
        self._video_rate = frame_rate
        number, ticks = self._resumed or (None, self.frame_rate)
        self._frames = FrameClock(ticks)
        if number is not None:
            self._frames.accept(number)
        self._start_time = None
        self.leave_source()

    def _time(self, frame: SourceFrame) -> float | None:
        """Return the time of a frame, which a frame rate of the caller sets for files."""
        if frame.number is None:
            return frame.timestamp
        if frame.timestamp is not None and self._wanted_rate is None:
            return frame.timestamp
        return (frame.number - 1) / self.frame_rate


def _check_frame(frame: np.ndarray) -> None:
    if not isinstance(frame, np.ndarray) or frame.ndim != 3 or frame.shape[2] != 3:
        shape = getattr(frame, 'shape', None)
        raise ValueError(
            f'frame must be an array (H, W, 3), got {type(frame).__name__} of shape {shape}'
        )
    if frame.dtype != np.uint8 or not frame.size:
        raise ValueError(
            f'frame must be uint8 and not empty, got {frame.dtype} of shape {frame.shape}'
        )
