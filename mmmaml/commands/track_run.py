"""Run of track.py, once its options are read: tracks a source and writes the results."""

import argparse
import json
import os
import signal
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import av
import numpy as np
import torch
from rich.console import Console

from mmmaml.apis import MOTInferencer, TrackedFrame, Tracks, onnx_config
from mmmaml.apis.background import WriteBehind
from mmmaml.apis.sources import FrameSource, open_source
from mmmaml.apis.suspicious_places import SuspiciousPlaces
from mmmaml.apis.track_table import TrackTable
from mmmaml.command_line import INTERRUPTED, fold
from mmmaml.evaluation.files import count_files
from mmmaml.evaluation.files.decision_files import ENDING as DECISIONS
from mmmaml.evaluation.files.decision_files import write_decisions
from mmmaml.models.trackers.tracks.matches import Decision
from mmmaml.postprocessing import OfflineTracks
from mmmaml.utils import atomic_path, write_text
from mmmaml.utils.mot_files import LEFT, SCORE
from mmmaml.utils.outputs import refuse_overwriting, refuse_unwritable
from mmmaml.visualization.videos import video_writer

from .track_display import Picture, progress, report

ENDINGS = ('.mp4', '.txt', '.csv', '.json', '_timing.json')
SUSPICIOUS = '_suspicious.csv'
COUNTS = count_files.ENDING
OPTIONAL = (COUNTS, SUSPICIOUS, DECISIONS)
"""Files that not every run writes; those of an earlier run belong to tracks that are no more."""
STAGES = ('decode', 'network', 'association', 'adaptation', 'drawing')
FRAMES_BEHIND = 4
"""Tracked frames that wait to be drawn and encoded; each takes 6 MB in full HD."""
Paths = dict[str, Path]


def run(args: argparse.Namespace) -> tuple[int, str]:
    """Track a source and write its tracks, as far as it went.

    Returns:
        Exit status, and what to say of a source that was not tracked to its end.
    """
    console = Console()
    source = open_source(args.sources[0])
    paths = result_paths(args, source)
    inferencer = build_inferencer(args)
    if args.device == 'cpu':
        torch.set_num_threads(args.threads or inferencer.default_threads)
    if args.state_in:
        load_state(inferencer, args.state_in)
    decide = getattr(inferencer.model.tracker, 'decisions', None) if args.decisions else None
    if args.decisions and decide is None:
        raise ValueError(
            f'{type(inferencer.model.tracker).__name__} tells no decisions: --decisions needs '
            'OnlineMetaTracker'
        )
    frames = inferencer.stream(source, args.detections)
    refuse_overwriting(paths.values(), [inferencer.detection_file])
    problem: Exception | None = None
    with (
        stop_on_interrupt() as stop,
        Results(args, source, paths, inferencer.frame_rate) as results,
    ):
        with progress(console, source.name, source.num_frames) as advance:
            try:
                for frame in frames:
                    with inferencer.clock.stage('drawing'):
                        results.draw(frame)
                    results.add(frame)
                    if decide is not None:
                        results.decided(frame.tracks.frame, decide())
                    advance()
                    if stop.is_set() or results.closed:
                        break
            except Exception as error:  # what was tracked until then is good
                problem = error
            if problem is not None and (args.debug or not results.table.num_frames):
                raise problem
        results.finish(inferencer.config, stage_seconds(inferencer))
    if args.state_out:
        with atomic_path(args.state_out) as temporary:
            torch.save(inferencer.state_dict(), temporary)
    report(console, stage_seconds(inferencer), results.table, results.written)
    if problem is not None:
        return 1, f'{fold(problem)}; written is what was tracked until then'
    if stop.is_set():
        return (
            INTERRUPTED,
            f'stopped by Ctrl-C after frame {results.table.num_frames}; what is written is whole',
        )
    return 0, ''


def build_inferencer(args: argparse.Namespace) -> MOTInferencer:
    """Build the model of the options."""
    config = args.config or onnx_config(
        args.detector, args.reid, args.prior, args.classes or ('person',)
    )
    options = dict(args.cfg_options)
    if args.certainty or args.suspicious is not None:
        options['model.tracker.rate_certainty'] = True
    return MOTInferencer(config, args.checkpoint, args.device, args.frame_rate, options)


def result_paths(args: argparse.Namespace, source: FrameSource) -> Paths:
    """Return the files of the results of a source by their endings, all that there may be.

    Raises:
        OSError: They cannot be written.
        ValueError: They would replace an input, or other results.
    """
    paths = {end: args.out_dir / f'{source.name}{end}' for end in (*ENDINGS, *OPTIONAL)}
    _check_outputs(args, source, paths)
    return paths


class Results:
    """Files of one source, which get its frames as they come; use it as a context.

    If an exception leaves the context, or without :meth:`finish`, nothing is written.

    Args:
        args: Options of the command line.
        source: The source.
        paths: Files by their endings.
        frame_rate: Frames per second.

    Attributes:
        table: Tracks so far.
    """

    def __init__(
        self, args: argparse.Namespace, source: FrameSource, paths: Paths, frame_rate: float
    ) -> None:
        self.table = TrackTable()
        self._source, self._paths, self._frame_rate = source, paths, frame_rate
        self._unwritten = {COUNTS}
        if args.suspicious is None:
            self._unwritten.add(SUSPICIOUS)
        if not args.decisions:
            self._unwritten.add(DECISIONS)
        self._picture = Picture(round(args.trail_seconds * frame_rate), args.show)
        self._offline = OfflineTracks(frame_rate, **offline_options(args))
        self._places = None
        if args.suspicious is not None:
            self._places = SuspiciousPlaces(frame_rate, args.suspicious)
        self._decisions: dict[tuple[int, int], tuple[str, float]] = {}
        self._files, self._video = ExitStack(), ExitStack()
        self._shape = 0, 0

    def __enter__(self) -> 'Results':
        paths = self._paths
        self._temporary = {
            end: self._files.enter_context(atomic_path(path))
            for end, path in paths.items()
            if end not in self._unwritten
        }
        made = video(self._temporary['.mp4'], paths['.mp4'], self._frame_rate, self._picture)
        self._draw = self._video.enter_context(made)
        return self

    def __exit__(self, *error: Any) -> None:
        try:
            self._video.__exit__(*error)
        finally:
            self._files.__exit__(*error)

    @property
    def closed(self) -> bool:
        """True if somebody closed the window."""
        return self._picture.closed

    def draw(self, frame: TrackedFrame) -> None:
        """Draw a frame into the video."""
        self._draw(frame.image, frame.tracks)

    def add(self, frame: TrackedFrame) -> None:
        """Take the tracks of a frame into the tables."""
        tracks = frame.tracks
        self._shape = frame.image.shape[0], frame.image.shape[1]
        self.table.add(tracks)
        boxes = tracks.rows()[:, LEFT:SCORE]
        self._offline.add(tracks.frame, tracks.ids, boxes, tracks.feats, tracks.labels)
        if self._places is not None:
            self._places.add(tracks)

    def decided(self, frame: int, decisions: Iterable[Decision]) -> None:
        """Take the decisions of the tracker in a frame, from 1."""
        self._decisions |= {(frame, each.id): (each.stage, each.similarity) for each in decisions}

    def finish(self, config: Any, seconds: dict[str, float]) -> None:
        """Write the tables after the last frame.

        Args:
            config: Of the model; names the classes.
            seconds: Of each stage.
        """
        self._video.close()
        self.table.replace_rows(self._offline.finish(self.table.rows()))
        about = {
            'source': self._source.name,
            'path': origin(self._source),
            'frame_rate': self._frame_rate,
            'width': self._shape[1],
            'height': self._shape[0],
        }
        files = self._temporary
        self.table.write_mot(files['.txt'])
        self.table.write_csv(files['.csv'])
        self.table.write_json(files['.json'], about, class_names(config))
        times = {'num_frames': self.table.num_frames, 'seconds': seconds}
        write_text(files['_timing.json'], json.dumps(times, indent=1) + '\n')
        if self._places is not None:
            self._places.write(files[SUSPICIOUS])
        if DECISIONS in files:
            write_decisions(files[DECISIONS], self._decisions)
        if self.table.counts_crowd:
            self.table.write_counts(self._files.enter_context(atomic_path(self._paths[COUNTS])))
            self._unwritten.remove(COUNTS)
        for end in self._unwritten:
            self._files.callback(self._paths[end].unlink, missing_ok=True)  # of an earlier run

    @property
    def written(self) -> Paths:
        """Files that :meth:`finish` has written, by their endings."""
        return {end: path for end, path in self._paths.items() if end not in self._unwritten}

    def abandon(self, error: Exception) -> None:
        """Write nothing, because of an error."""
        self.__exit__(type(error), error, error.__traceback__)
        self._files, self._video = ExitStack(), ExitStack()


def offline_options(args: argparse.Namespace) -> dict[str, dict[str, float]]:
    """Return what is done to the tracks in the end, as options of :class:`OfflineTracks`."""
    options = {}
    if args.join is not None:
        options['join'] = {'max_gap_seconds': args.join}
    if args.interpolate is not None:
        options['interpolate'] = {
            'max_gap_seconds': args.interpolate,
            'smooth_seconds': args.smooth,
        }
    return options


def _check_outputs(args: argparse.Namespace, source: FrameSource, paths: Paths) -> None:
    """Refuse results that would replace an input, or anything but results of this source."""
    outputs = list(paths.values())
    refuse_unwritable([*outputs, *([args.state_out] if args.state_out else [])])
    models = args.config, args.checkpoint, args.detector, args.reid, args.prior
    inputs = [*models, args.detections, *source.files]
    refuse_overwriting([*outputs, args.state_out], inputs)
    there = [path for path in outputs if os.path.lexists(path)]
    if args.overwrite or not there:
        return
    try:
        about = json.loads(paths['.json'].read_text(encoding='utf-8'))
        # Before sources were written down, results knew their names alone.
        same = about.get('path', origin(source)) == origin(source) and 'tracks' in about
        of = f'results of {about["path"]}' if 'path' in about else 'no results of this source'
    except (OSError, ValueError, AttributeError):
        same, of = False, 'no results of this source'
    if not same:
        raise ValueError(
            f'{there[0]} would be replaced, and there are {of}: give another --out-dir, or '
            '--overwrite'
        )


def load_state(inferencer: MOTInferencer, path: str) -> None:
    """Go on from the state that another run wrote with ``--state-out``.

    Raises:
        ValueError: The file is no state, or one of another model.
    """
    try:
        state = torch.load(path, weights_only=True)
    except Exception as error:  # torch's unpickler raises any kind on bytes of another format
        raise ValueError(
            f'state {path} cannot be read: give a file that --state-out wrote ({error})'
        ) from error
    try:
        inferencer.load_state_dict(state)
    except ValueError as error:
        raise ValueError(f'state {path}: {error}') from error


def origin(source: FrameSource) -> str:
    """Return what tells a source from others of its name."""
    return str(source) if source.path is None else os.path.realpath(source.path)


@contextmanager
def video(
    temporary: Path, out: Path, frame_rate: float, picture: Picture
) -> Iterator[Callable[[np.ndarray, Tracks], None]]:
    """Yield a function that draws a frame (H, W, 3) into a video, in a thread.

    What cannot be drawn is told for the frame at hand, and a video that cannot be written for
    the first frame.

    Raises:
        OSError: The video is not whole in the end.
    """
    shape: tuple[int, ...] | None = None
    number = num_written = 0

    def write(item: tuple[np.ndarray, Tracks]) -> None:
        nonlocal number, num_written
        image, tracks = item
        drawn = image if picture.window is not None else picture.draw(image, tracks)
        # A live source goes on while a frame is tracked; the video stands still as long.
        for _ in range(number, tracks.frame):
            write_frame(drawn, Path(f'frame {tracks.frame}'))
            num_written += 1
        number = tracks.frame

    def draw(frame: np.ndarray, tracks: Tracks) -> None:
        nonlocal shape
        first = shape is None
        shape = shape or frame.shape
        if frame.shape != shape:
            raise ValueError(
                f'frame {tracks.frame} has {frame.shape[1]}x{frame.shape[0]} pixels, the frames '
                f'before it {shape[1]}x{shape[0]}: all frames of a video must be of one size'
            )
        if picture.window is not None:
            frame = picture.draw(frame, tracks)  # windows belong to the main thread
        writer.put((frame, tracks))
        if first:
            writer.flush()

    with (
        video_writer(temporary, out, frame_rate) as write_frame,
        WriteBehind(write, FRAMES_BEHIND) as writer,
    ):
        yield draw
    if num_written:
        _check_video(temporary, out, num_written)


def _check_video(path: Path, out: Path, num_frames: int) -> None:
    """Refuse a video with fewer frames than were written; OpenCV drops some without a word."""
    try:
        with av.open(str(path)) as container:
            found = container.streams.video[0].frames
    except (av.error.FFmpegError, OSError, IndexError):
        found = 0
    if found != num_frames:
        raise OSError(
            f'{out} is not written: it holds {found} of {num_frames} frames; is the disk full?'
        )


def stage_seconds(inferencer: MOTInferencer) -> dict[str, float]:
    """Return the seconds of every stage; 0 of those that did not occur."""
    return {stage: inferencer.clock.seconds.get(stage, 0.0) for stage in STAGES}


def class_names(config: Any) -> Sequence[str]:
    """Return the names of classes in the test set of a config; none if it names none."""
    detector = config.model.get('detector') or {}
    if detector.get('classes'):
        return detector['classes']
    metainfo = config.get('test_dataloader', {}).get('dataset', {}).get('metainfo') or {}
    return metainfo.get('classes') or metainfo.get('CLASSES') or ()


@contextmanager
def stop_on_interrupt() -> Iterator[threading.Event]:
    """Within it, the first Ctrl-C sets an event; the second one interrupts as usual."""
    stop = threading.Event()

    def handle(*_: object) -> None:
        stop.set()
        signal.signal(signal.SIGINT, signal.default_int_handler)

    before = signal.signal(signal.SIGINT, handle)
    try:
        yield stop
    finally:
        signal.signal(signal.SIGINT, before)
