"""Tracking of any frames with the model of a config."""

import logging
import os
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from mmengine.config import Config
from mmengine.logging import print_log

from mmmaml.models.detectors.detection_file import read_detections
from mmmaml.utils.box_conventions import suspect_boxes
from mmmaml.utils.frame_numbers import check_frame_numbers
from mmmaml.utils.threads import default_threads

from .background import ReadAhead
from .frame_clock import FrameClock
from .frame_packer import FramePacker, RawFramePacker, single_sample
from .given_detector import Detections, GivenDetector, to_instances
from .model_loading import build_model, load_config
from .model_stages import ModelStages
from .sources import FrameSource, Source, SourceFrame, open_source
from .stage_clock import StageClock
from .tracks import Tracks

DEFAULT_FRAME_RATE = 30.0
FRAMES_AHEAD = 4
"""Frames that are decoded before they are needed; each takes 6 MB in full HD."""


class MOTInferencer:
    """Tracks people in frames from anywhere, as ``tools/test.py`` does in those of a dataset.

    Frames go through the test pipeline and the data preprocessor of the config, so that the same
    frames and detections give the same tracks. Models of mmmaml, mmdet and mmtrack that track
    frame by frame are served alike.

    ``MOTInferencer('config.py', 'checkpoint.pth').track('video.mp4')`` tracks a video. Frame by
    frame, with a model that needs no weights since it goes by boxes alone:

        >>> from mmengine.config import Config
        >>> load = dict(type='mmdet.TransformBroadcaster', transforms=[dict(type='LoadFrame')])
        >>> pipeline = [load, dict(type='mmdet.PackTrackInputs')]
        >>> model = dict(
        ...     type='mmdet.ByteTrack',
        ...     data_preprocessor=dict(type='mmdet.TrackDataPreprocessor'),
        ...     detector=dict(type='PublicDetector'),
        ...     tracker=dict(type='OnlineMetaTracker'),
        ... )
        >>> loader = dict(dataset=dict(pipeline=pipeline))
        >>> inferencer = MOTInferencer(Config(dict(model=model, test_dataloader=loader)))
        >>> frame = np.zeros((240, 320, 3), dtype=np.uint8)
        >>> boxes = np.array([[100, 50, 140, 150, 0.9], [200, 60, 240, 160, 0.8]])
        >>> inferencer.update(frame, boxes).ids
        array([1, 2])
        >>> inferencer.update(frame, boxes[::-1] + [3, 0, 3, 0, 0]).ids
        array([2, 1])

    Args:
        config: Config of a MOT model with a ``test_dataloader``; a file or what was read from it.
        checkpoint: Weights; None means ``load_from`` of the config, else ``init_cfg`` of the
            parts.
        device: Where the networks run, such as ``'cpu'`` or ``'cuda:0'``.
        frame_rate: Frames per second of what is tracked; it turns the tracker's times, which are
            in seconds, into frames, and timestamps into gaps. Too low, and people seem fast and
            are forgotten late; too high, the reverse. None takes that of the source, and where
            that has none, the tracker's own option.
        cfg_options: Values that replace those of the config, ``{'model.tracker.score_thr': 0.3}``.

    Attributes:
        config: The config with the options laid over it.
        model: The model.
        clock: Seconds of this thread in each stage so far: ``decode`` (waiting for frames, which
            another thread decodes if they come from files), ``network`` (preparing frames,
            detector, Re-ID), ``association`` and ``adaptation`` (of the tracker). Another stage
            may be added by ``clock.stage``.

    Raises:
        FileNotFoundError: The config or the checkpoint does not exist.
        ValueError: The checkpoint is of another network, the config has no model or no test
            pipeline, or an argument is out of its range.
    """

    def __init__(
        self,
        config: str | os.PathLike | Config,
        checkpoint: str | os.PathLike | None = None,
        device: str = 'cpu',
        frame_rate: float | None = None,
        cfg_options: dict[str, Any] | None = None,
    ) -> None:
        self.config = load_config(config, cfg_options)
        self.model: Any = build_model(self.config, checkpoint, device)
        if getattr(self.model, 'tracker', None) is None:
            raise ValueError(f'{type(self.model).__name__} has no tracker: give a MOT config')
        raw = getattr(self.model, 'takes_frames', False)
        self._packer = RawFramePacker() if raw else FramePacker(self.config)
        self.clock = StageClock(device)
        self._detector = self._replace_detector()
        self._stages = ModelStages(self.model, self.clock)
        self._frame_rate = frame_rate
        self.reset()

    def reset(self) -> None:
        """Forget everything: the next frame is the first of another video, ids start from 1."""
        self._last_number: int | None = None
        self._start(self._frame_rate)

    def state_dict(self) -> dict[str, Any]:
        """Return what the tracker knows of the video; see :meth:`load_state_dict`."""
        return self.model.tracker.state_dict()

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go on where another inferencer of the same config stood.

        The next frame, of :meth:`update` or the first of :meth:`track`, follows the last one of
        the state; ids are the same. Frames of a file are counted from 1 as ever.

        Args:
            state: What :meth:`state_dict` returned.

        Raises:
            ValueError: It is of another config, or no such state.
        """
        tracker = self.model.tracker
        tracker.bind(tracker.features.head(self.model, None)[1])
        tracker.load_state_dict(state)
        self._last_number = tracker.tracks.frame_id
        self._start(self._video_rate)

    def update(
        self,
        frame: np.ndarray,
        detections: Detections | None = None,
        timestamp: float | None = None,
    ) -> Tracks:
        """Track the next frame.

        Args:
            frame: (H, W, 3) uint8, blue, green, red as OpenCV reads it.
            detections: (N, 5) left, top, right, bottom, score in pixels of the frame, (N, 6) with
                the class behind them, or ``InstanceData`` with ``bboxes``, ``scores`` and
                ``labels``. They are taken as they are; thresholds are the tracker's. None: the
                detector of the config finds them.
            timestamp: Seconds, from any point in time. Where frames were skipped, the tracker then
                knows how long people had to move; without, frames follow each other at the frame
                rate.

        Raises:
            ValueError: An argument has a wrong shape or type, the time does not come after that of
                the frame before, or there are no detections and the config has no detector that
                looks at frames. Nothing is changed then.
        """
        if detections is None and self._detector is not None and self._detector.needs_files:
            raise ValueError(_no_detector('give update() the detections of the frame'))
        if self._detector is not None:
            self._detector.reader = None
        return self._update(SourceFrame(frame, None, timestamp), detections, FrameSource(()))

    def track(
        self,
        source: Source,
        detections: str | os.PathLike | Iterable[Detections] | None = None,
    ) -> Iterator[tuple[np.ndarray, Tracks]]:
        """Track a whole video, from its first frame on.

        Args:
            source: A video file, a folder of images, a MOTChallenge sequence, the index of a
                camera, the address of a stream, or an iterable of frames; see
                :func:`~mmmaml.apis.sources.open_source`.
            detections: A file in the MOTChallenge format, frames counted from 1, or an iterable of
                what :meth:`update` takes for each frame; of a video, also for a frame that cannot
                be decoded. None: the detector of the config; a
                :class:`~mmmaml.models.PublicDetector` reads ``det/det.txt`` of a sequence.

        Returns:
            Pairs of frame (H, W, 3) and its tracks, computed as they are asked for.

        Raises:
            FileNotFoundError: Source or detections do not exist.
            OSError: The source cannot be opened.
            ValueError: There are no detections for this source, or none of them is of its frames;
                while iterating, a frame cannot be read, or detections end before the frames. What
                is wrong with a video is raised after its last frame: some cannot be decoded, or
                it is cut off.
        """
        source = open_source(source)
        self._check_detections(source, detections)
        self._start(source.frame_rate if self._frame_rate is None else self._frame_rate)
        if isinstance(detections, str | os.PathLike):
            assert self._detector is not None
            name = source.image_path(1).parent.parent.name
            self._detector.read_from(name, str(detections))
            detections = None
        if detections is None and self._detector is not None:
            self._check_rows(source, self._detector)
        return self._track(source, detections)

    @property
    def frame_rate(self) -> float:
        """Frames per second of the current video, as far as it is known."""
        if self._video_rate is not None:
            return self._video_rate
        options: Any = getattr(self.model.tracker, 'options', None)
        return getattr(options, 'frame_rate', DEFAULT_FRAME_RATE)

    @property
    def detection_file(self) -> Path | None:
        """File that the detections of the current video are read from, if any."""
        return self._detection_file

    @property
    def default_threads(self) -> int:
        """Threads that serve this model best on a CPU.

        1 if its network sees no more than boxes, which are too small to share out; else all.
        """
        return default_threads(self.model)

    def _start(self, frame_rate: float | None) -> None:
        self._video_rate = frame_rate
        self._frames = FrameClock(self.frame_rate)
        if self._last_number is not None:
            self._frames.accept(self._last_number)
        self._start_time: float | None = None
        self._detection_file: Path | None = None
        if self._detector is not None:
            self._detector.reader = None

    def _track(
        self, source: FrameSource, detections: Iterable[Detections] | None
    ) -> Iterator[tuple[np.ndarray, Tracks]]:
        frames = iter(ReadAhead(source, FRAMES_AHEAD) if source.reads_ahead else source)
        found = None if detections is None else iter(detections)
        number = 0
        try:
            while True:
                with self.clock.stage('decode'):
                    frame = next(frames, None)
                if frame is None:
                    self._check_end(source, found, number)
                    return
                before, number = number, frame.number or number + 1
                given = None
                if found is not None:
                    given = _next_detections(found, before, number, source)
                yield frame.image, self._update(frame, given, source, number)
        finally:
            if hasattr(frames, 'close'):
                frames.close()

    @torch.no_grad()
    def _update(
        self,
        frame: SourceFrame,
        detections: Detections | None,
        source: FrameSource,
        count: int = 1,
    ) -> Tracks:
        _check_frame(frame.image)
        given = None if detections is None else to_instances(detections)
        time = self._time(frame)
        number = self._frames.next(time)
        if self._detector is not None:
            self._detector.given = given
        elif given is not None:
            raise ValueError(f'{type(self.model).__name__} has no detector to give detections for')
        with self.clock.stage('network'):
            batch = self._packer.pack(frame.image, number, source, count, self._video_rate)
        with self.clock.stage('association'):
            sample = single_sample(self.model.test_step(batch)[0])
        self._stages.watch_adapter()
        self._frames.accept(number, time)
        self._last_number = None
        if self._start_time is None:
            self._start_time = time
        seconds = number / self.frame_rate if time is None else time - (self._start_time or 0.0)
        told = number + 1 if frame.number is None else frame.number
        return Tracks.from_instances(told, sample.pred_track_instances, seconds)

    def _time(self, frame: SourceFrame) -> float | None:
        """Return the time of a frame, which a frame rate of the caller sets for files."""
        if frame.number is None:
            return frame.timestamp
        if frame.timestamp is not None and self._frame_rate is None:
            return frame.timestamp
        return (frame.number - 1) / self.frame_rate

    def _check_detections(self, source: FrameSource, detections: object) -> None:
        if isinstance(detections, str | os.PathLike) and not Path(detections).is_file():
            raise FileNotFoundError(f'detections {detections} do not exist')
        if detections is not None and self._detector is None:
            raise ValueError(f'{type(self.model).__name__} has no detector to give detections for')
        if (
            detections is None
            and not source.has_public_detections
            and self._detector is not None
            and self._detector.needs_files
        ):
            raise ValueError(
                _no_detector(
                    f'{source.name} needs a detection file in the MOTChallenge format '
                    '(--detections)'
                )
            )

    def _check_rows(self, source: FrameSource, detector: GivenDetector) -> None:
        """Refuse rows of other frames, and say which are not used or seem to mean other boxes."""
        path = self._detection_file = detector.file_of(source.image_path(1))
        if path is None:
            return
        file = read_detections(path)
        notes = []
        if source.num_frames is not None:
            offset = source.number_offset
            notes.append(check_frame_numbers(file.frames, source.num_frames, path, offset))
        sizes = np.hstack([file.bboxes[:, :2], file.bboxes[:, 2:] - file.bboxes[:, :2]])
        notes += [f'{path}: {each}' for each in suspect_boxes(sizes, source.size())]
        for note in notes:
            _warn(note)

    def _check_end(
        self, source: FrameSource, found: Iterator[Detections] | None, num_frames: int
    ) -> None:
        """Say which detections are of no frame, if that was not known before."""
        if found is not None and next(found, None) is not None:
            _warn(f'detections go on after frame {num_frames}, the last one; they are not used')
        path = self._detection_file
        if path is not None and source.num_frames is None:
            _warn(check_frame_numbers(read_detections(path).frames, num_frames, path))

    def _replace_detector(self) -> GivenDetector | None:
        if getattr(self.model, 'detector', None) is None:
            return None
        detector = GivenDetector(self.model.detector)
        self.model.detector = detector.eval()
        return detector


def _next_detections(
    found: Iterator[Detections], before: int, number: int, source: FrameSource
) -> Detections:
    """Return the detections of a frame, past those of frames that gave no picture."""
    for each in range(before + 1, number + 1):
        given = next(found, None)
        if given is None:
            raise ValueError(
                f'detections end after frame {each - 1} of {source.name}: give an empty array '
                'for a frame without any'
            )
    return given


def _warn(note: str) -> None:
    if note:
        print_log(note, logger='current', level=logging.WARNING)


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


def _no_detector(what: str) -> str:
    return (
        f'{what}, because there is no detector that looks at frames: give one (--detector FILE), '
        'or name one with weights in the config in place of PublicDetector'
    )
