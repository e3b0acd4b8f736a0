"""Tracking of any frames with the model of a config."""

import os
from collections.abc import Generator, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from mmengine.config import Config

from mmmaml.deferred_imports import without_collection
from mmmaml.models.trackers import OnlineMetaTracker
from mmmaml.utils.threads import default_threads

from .exchange import form_of
from .exchange.detection_forms import NO_ID
from .frame_packer import FramePacker, RawFramePacker
from .given_detector import Detections
from .model_loading import build_model, build_tracker, load_config
from .sources import FrameSource, Source, SourceFrame
from .stage_clock import StageClock
from .streams import (
    DetectionSource,
    Lane,
    StreamGroup,
    TrackedFrame,
    VideoTracking,
    no_detector,
)
from .streams.stream_group import ErrorHandler
from .tracks import Tracks


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
            packer = RawFramePacker() if raw else FramePacker(self.config)
        self.device = torch.device(device)
        self.clock = StageClock(device)
        self._video = VideoTracking(self.model, packer, self.clock, frame_rate)

    def reset(self) -> None:
        """Forget everything: the next frame is the first of another video, ids start from 1."""
        self._video.reset()

    def state_dict(self) -> dict[str, Any]:
        """Return what tracker and detector know of the video; see :meth:`load_state_dict`.

        Raises:
            ValueError: The tracker has no state that could be saved.
        """
        state = self._tracker_with_state().state_dict()
        detector = self._video.detector
        if detector is not None and hasattr(detector, 'video_state'):
            state['detector'] = detector.video_state()
        return state

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go on where another inferencer of the same config stood.

        The next frame, of :meth:`update` or the first of :meth:`track`, follows the last one of
        the state; ids are the same. Frames of a file are counted from 1 as ever.

        Args:
            state: What :meth:`state_dict` returned.

        Raises:
            ValueError: It is of another config, or no such state; or the tracker cannot take it.
        """
        tracker = self._tracker_with_state()
        features = tracker.features
        tracker.bind(features.head(self.model, None)[1], features.graph(self.model))
        detector = self._video.detector
        remembers = hasattr(detector, 'load_video_state')
        if remembers != ('detector' in state):
            raise ValueError(
                'the state is of a config whose detector remembers frames, or this one does, and '
                'the other does not: take the same config'
            )
        tracker.load_state_dict(state)
        if detector is not None and remembers:
            detector.load_video_state(state['detector'])
        self._video.resume(tracker.tracks.frame_id, tracker.tracks.frame_rate)

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
        detector = self._video.detector
        if detections is None and detector is not None and detector.needs_files:
            raise ValueError(no_detector('give update() the detections of the frame'))
        self._video.leave_source()
        form = form_of(detections)
        if form is not None and not isinstance(self.model.tracker, OnlineMetaTracker):
            raise ValueError(
                f'{type(self.model.tracker).__name__} does not tell the detections of its tracks: '
                'give update() an array, or track with OnlineMetaTracker'
            )
        tracks = self._video.update(
            SourceFrame(frame, None, timestamp), detections, FrameSource(())
        )
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
                while iterating, a frame cannot be read, detections end before the frames, or
                this inferencer has taken other frames meanwhile. What is wrong with a video is
                raised after its last frame: some cannot be decoded, or it is cut off.
        """
        frames = self.stream(source, detections)
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
        return self._video.frames(*self._video.open(source, detections))

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
            self._video.fork(build_tracker(self.config)).lane(number, *pair)
            for number, pair in enumerate(zip(sources, given, strict=True))
        ]
        return self._streams(lanes, workers, on_error)

    @property
    def frame_rate(self) -> float:
        """Frames per second of the current video, as far as it is known."""
        return self._video.frame_rate

    @property
    def detection_file(self) -> Path | None:
        """File that the detections of the current video are read from, if any."""
        return self._video.detection_file

    @property
    def default_threads(self) -> int:
        """Threads that serve this model best on a CPU.

        1 if its network sees no more than boxes, which are too small to share out; else all.
        """
        return default_threads(self.model)

    def _tracker_with_state(self) -> OnlineMetaTracker:
        tracker = self.model.tracker
        if not isinstance(tracker, OnlineMetaTracker):
            raise ValueError(
                f'the state of a {type(tracker).__name__} cannot be saved, nor taken over: track '
                'with OnlineMetaTracker'
            )
        return tracker

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
