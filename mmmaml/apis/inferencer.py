"""Tracking of any frames with the model of a config."""

import copy
import logging
import os
from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import torch
from mmengine.config import Config
from mmengine.logging import print_log
from mmengine.structures import InstanceData

from mmmaml.deferred_imports import without_collection
from mmmaml.models.detectors.detection_file import read_detections
from mmmaml.models.mot.onnx_mot import Seen
from mmmaml.models.trackers import OnlineMetaTracker
from mmmaml.utils.box_conventions import suspect_boxes
from mmmaml.utils.frame_numbers import check_frame_numbers
from mmmaml.utils.threads import default_threads

from .background import ReadAhead
from .exchange import form_of
from .exchange.detection_forms import NO_ID
from .frame_clock import FrameClock
from .frame_packer import FramePacker, RawFramePacker, single_sample
from .given_detector import Detections, GivenDetector, to_instances
from .model_loading import build_model, build_tracker, load_config
from .model_stages import ModelStages
from .sources import FrameSource, Source, SourceFrame, open_source
from .stage_clock import StageClock
from .streams import Lane, PendingFrame, StreamGroup, TrackedFrame
from .streams.stream_group import ErrorHandler
from .tracks import Tracks

DetectionSource: TypeAlias = str | os.PathLike | Iterable[Detections]
"""Detections of a video: a file, or those of each frame."""

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
        device: Where the networks run.
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
        with without_collection():
            self.config = load_config(config, cfg_options)
            self.model: Any = build_model(self.config, checkpoint, device)
            if getattr(self.model, 'tracker', None) is None:
                raise ValueError(f'{type(self.model).__name__} has no tracker: give a MOT config')
            raw = getattr(self.model, 'takes_frames', False)
            self._packer = RawFramePacker() if raw else FramePacker(self.config)
        self.device = torch.device(device)
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
        features = tracker.features
        tracker.bind(features.head(self.model, None)[1], features.graph(self.model))
        tracker.load_state_dict(state)
        self._last_number = tracker.tracks.frame_id
        self._start(self._video_rate)

    def update(
        self,
        frame: np.ndarray,
        detections: Detections | None = None,
        timestamp: float | None = None,
    ) -> Any:
        """Track the next frame.

        Args:
            frame: (H, W, 3) uint8, blue, green, red as OpenCV reads it.
            detections: (N, 5) left, top, right, bottom, score in pixels of the frame, (N, 6) with
                the class behind them, or ``InstanceData`` with ``bboxes``, ``scores`` and
                ``labels``; or ``supervision.Detections``, or a result of ultralytics, known by
                their attributes. They are taken as they are; thresholds are the tracker's. None:
                the detector of the config finds them.
            timestamp: Seconds, from any point in time. Where frames were skipped, the tracker then
                knows how long people had to move; without, frames follow each other at the frame
                rate.

        Returns:
            :class:`Tracks`; for detections of another library a copy of them, all in their
            order, with ``tracker_id`` (``boxes.id`` of ultralytics), −1 for those that belong to
            no reported track.

        Raises:
            ValueError: An argument has a wrong shape or type, the time does not come after that of
                the frame before, or there are no detections and the config has no detector that
                looks at frames. Nothing is changed then.
        """
        if detections is None and self._detector is not None and self._detector.needs_files:
            raise ValueError(_no_detector('give update() the detections of the frame'))
        if self._detector is not None:
            self._detector.reader = None
        form = form_of(detections)
        if form is not None and not isinstance(self.model.tracker, OnlineMetaTracker):
            raise ValueError(
                f'{type(self.model.tracker).__name__} does not tell the detections of its tracks: '
                'give update() an array, or track with OnlineMetaTracker'
            )
        tracks = self._update(SourceFrame(frame, None, timestamp), detections, FrameSource(()))
        if form is None:
            return tracks
        ids = np.full(len(form.read(detections)), NO_ID)
        ids[tracks.det_idx] = tracks.ids
        return form.with_ids(detections, ids)

    def track(
        self,
        source: Source,
        detections: DetectionSource | None = None,
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
        frames = self._stream(*self._open(source, detections))
        return ((frame.image, frame.tracks) for frame in frames)

    def stream(
        self,
        source: Source,
        detections: DetectionSource | None = None,
    ) -> Generator[TrackedFrame, None, None]:
        """Track a source as :meth:`track` does, and say more of each frame.

        ``close()`` of what it returns, or leaving the loop, ends the thread that reads ahead. An
        error comes after all frames before it.

        Args:
            source: As for :meth:`track`.
            detections: As for :meth:`track`.

        Returns:
            Each frame with its tracks, and the seconds that each stage took for it.

        Raises:
            OSError: As for :meth:`track`.
            ValueError: As for :meth:`track`.
        """
        return self._stream(*self._open(source, detections))

    def streams(
        self,
        sources: Sequence[Source],
        detections: Sequence[DetectionSource | None] | None = None,
        workers: int | None = None,
        on_error: ErrorHandler | None = None,
    ) -> Generator[TrackedFrame, None, None]:
        """Track several sources at a time, with the same networks and a tracker of each.

        The tracks of a source are those that :meth:`stream` gives for it alone. The networks of
        an ``OnnxMOT`` see frames of several streams together, ahead of the trackers; those of
        other models see them one by one. This inferencer's own video is not touched.

        Args:
            sources: As for :meth:`track`, each. Of live sources the newest frame counts.
            detections: For each source as for :meth:`track`; None leaves all to the detector.
            workers: Threads that run the networks. None takes as many as torch has on a CPU,
                with a thread for each run, and one on a GPU.
            on_error: Told the position of a source and its error, in its place, after which the
                others go on. None raises the error, which ends all.

        Returns:
            Frames of all sources, round by round; those of a source in their order. ``stream`` is
            its position.

        Raises:
            FileNotFoundError: A source or its detections do not exist.
            OSError: A source cannot be opened.
            ValueError: There are no sources, or another number of detections; the networks change
                with their video (``reid.renormalise``); or as for :meth:`track`.
        """
        given = [None] * len(sources) if detections is None else list(detections)
        if not sources or len(given) != len(sources):
            raise ValueError(
                f'there are {len(sources)} sources and {len(given)} detections: give at least one '
                'source, and None or a list with an entry for each'
            )
        if workers is not None and workers < 1:
            raise ValueError(f'workers={workers} must be at least 1')
        lanes = [
            self._fork()._lane(number, *pair)
            for number, pair in enumerate(zip(sources, given, strict=True))
        ]
        return self._streams(lanes, workers, on_error)

    def _streams(
        self, lanes: list[Lane], workers: int | None, on_error: ErrorHandler | None
    ) -> Generator[TrackedFrame, None, None]:
        see = getattr(self.model, 'see', None)
        if see is None:
            yield from StreamGroup(lanes, self.clock, None, 1, on_error)
            return
        on_cpu = self.device.type == 'cpu'
        workers = workers or (torch.get_num_threads() if on_cpu else 1)
        with self.model.threads_of_a_run(1 if on_cpu else None):
            yield from StreamGroup(lanes, self.clock, see, workers, on_error)

    def _fork(self) -> 'MOTInferencer':
        """Return one of another video with the same networks and a tracker of its own."""
        features = getattr(self.model.tracker, 'features', None)
        if getattr(features, 'normalization', None) is not None:
            raise ValueError(
                "reid['renormalise'] makes the network follow one video: leave it out, or track "
                'the sources one by one'
            )
        other = copy.copy(self)
        other.model = copy.copy(self.model)
        other.model._modules = dict(self.model._modules)
        other.model.tracker = build_tracker(self.config)
        if self._detector is not None:
            other._detector = GivenDetector(self._detector.detector).eval()
            other.model.detector = other._detector
        other._stages = ModelStages(other.model, self.clock, shares_networks=True)
        other.reset()
        return other

    def _lane(self, stream: int, source: Source, detections: DetectionSource | None) -> Lane:
        """Return a source as one of several, tracked by this one."""
        source, found = self._open(source, detections)
        number = 0

        def pack(frame: SourceFrame) -> PendingFrame:
            nonlocal number
            before, number = number, frame.number or number + 1
            given = None if found is None else _next_detections(found, before, number, source)
            pending = self._pack(frame, given, source, number)
            if pending.given is None and not getattr(self._detector, 'sees_frames', True):
                pending.given = self._look_up(pending)
            self._accept(pending)
            return pending

        def finish(pending: PendingFrame, seen: Seen | None) -> Tracks:
            if seen is not None:
                pending.given = seen.dets
                pending.batch['feats'] = seen.feats
            return self._finish(pending)

        def end() -> None:
            self._check_end(source, found, number)

        return Lane(stream, source, pack, finish, end, self.frame_rate)

    def _look_up(self, pending: PendingFrame) -> InstanceData | None:
        """Return the detections that a file has of a frame."""
        if not getattr(self.model, 'takes_frames', False):
            return None
        assert self._detector is not None
        sample = self._detector.predict(torch.empty(0), pending.batch['data_samples'])[0]
        return sample.pred_instances

    def _open(
        self, source: Source, detections: DetectionSource | None
    ) -> tuple[FrameSource, Iterator[Detections] | None]:
        """Open a source and begin its video; returns also detections that are no file."""
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
        return source, None if detections is None else iter(detections)

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

    def _stream(
        self, source: FrameSource, found: Iterator[Detections] | None
    ) -> Generator[TrackedFrame, None, None]:
        frames = iter(ReadAhead(source, FRAMES_AHEAD) if source.reads_ahead else source)
        number = 0
        try:
            while True:
                spent = dict(self.clock.seconds)
                with self.clock.stage('decode'):
                    frame = next(frames, None)
                if frame is None:
                    self._check_end(source, found, number)
                    return
                before, number = number, frame.number or number + 1
                given = None
                if found is not None:
                    given = _next_detections(found, before, number, source)
                tracks = self._update(frame, given, source, number)
                seconds = {
                    stage: total - spent.get(stage, 0.0)
                    for stage, total in self.clock.seconds.items()
                }
                yield TrackedFrame(frame.image, tracks, seconds, source, self.frame_rate)
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
        pending = self._pack(frame, detections, source, count)
        tracks = self._finish(pending)
        self._accept(pending)
        return tracks

    def _pack(
        self,
        frame: SourceFrame,
        detections: Detections | None,
        source: FrameSource,
        count: int,
    ) -> PendingFrame:
        """Check a frame and make it ready for the model; nothing is changed."""
        _check_frame(frame.image)
        given = None if detections is None else to_instances(detections)
        if self._detector is None and given is not None:
            raise ValueError(f'{type(self.model).__name__} has no detector to give detections for')
        time = self._time(frame)
        number = self._frames.next(time)
        start = time if self._start_time is None else self._start_time
        seconds = number / self.frame_rate if time is None else time - (start or 0.0)
        with self.clock.stage('network'):
            batch = self._packer.pack(frame.image, number, source, count, self._video_rate)
        told = number + 1 if frame.number is None else frame.number
        return PendingFrame(frame.image, given, batch, number, time, told, seconds)

    def _finish(self, pending: PendingFrame) -> Tracks:
        """Run the model on a frame."""
        if self._detector is not None:
            self._detector.given = pending.given
        with self.clock.stage('association'):
            sample = single_sample(self.model.test_step(pending.batch)[0])
        if self._detector is not None:
            self._detector.given = None
        self._stages.watch_adapter()
        return Tracks.from_instances(pending.told, sample.pred_track_instances, pending.seconds)

    def _accept(self, pending: PendingFrame) -> None:
        """Go on from a frame: the next one comes after it."""
        self._frames.accept(pending.number, pending.time)
        self._last_number = None
        if self._start_time is None:
            self._start_time = pending.time

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
