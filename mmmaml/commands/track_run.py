"""Run of track.py, once its options are read: tracks a source and writes the results."""

import argparse
import json
import os
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import av
import numpy as np
import torch
from rich.console import Console

from mmmaml.apis import MOTInferencer, Tracks, onnx_config
from mmmaml.apis.background import WriteBehind
from mmmaml.apis.sources import FrameSource, open_source
from mmmaml.apis.track_table import TrackTable
from mmmaml.command_line import INTERRUPTED, fold
from mmmaml.postprocessing import OfflineTracks
from mmmaml.utils import atomic_path, write_text
from mmmaml.utils.mot_files import LEFT, SCORE
from mmmaml.utils.outputs import refuse_overwriting, refuse_unwritable
from mmmaml.visualization.videos import video_writer

from .track_display import Picture, progress, report

ENDINGS = ('.mp4', '.txt', '.csv', '.json', '_timing.json')
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
    source = open_source(args.source)
    paths = {ending: args.out_dir / f'{source.name}{ending}' for ending in ENDINGS}
    _check_outputs(args, source, paths)
    config = args.config or onnx_config(args.detector, args.reid, args.prior, args.classes)
    inferencer = MOTInferencer(
        config, args.checkpoint, args.device, args.frame_rate, args.cfg_options
    )
    if args.device == 'cpu':
        torch.set_num_threads(args.threads or inferencer.default_threads)
    if args.state_in:
        load_state(inferencer, args.state_in)
    pairs = inferencer.track(source, args.detections)
    refuse_overwriting(paths.values(), [inferencer.detection_file])
    picture = Picture(round(args.trail_seconds * inferencer.frame_rate), args.show)
    table = TrackTable()
    offline = OfflineTracks(inferencer.frame_rate, **offline_options(args))
    with ExitStack() as stack:
        stop = stack.enter_context(stop_on_interrupt())
        files = {end: stack.enter_context(atomic_path(path)) for end, path in paths.items()}
        problem: Exception | None = None
        with (
            video(files['.mp4'], paths['.mp4'], inferencer.frame_rate, picture) as draw,
            progress(console, source) as advance,
        ):
            try:
                for frame, tracks in pairs:
                    with inferencer.clock.stage('drawing'):
                        draw(frame, tracks)
                    table.add(tracks)
                    boxes = tracks.rows()[:, LEFT:SCORE]
                    offline.add(tracks.frame, tracks.ids, boxes, tracks.feats, tracks.labels)
                    advance()
                    if stop.is_set() or picture.closed:
                        break
            except Exception as error:  # what was tracked until then is good
                problem = error
            if problem is not None and (args.debug or not table.num_frames):
                raise problem
        table.replace_rows(offline.finish(table.rows()))
        write_tables(table, files, inferencer, source, frame.shape[:2])
    if args.state_out:
        with atomic_path(args.state_out) as temporary:
            torch.save(inferencer.state_dict(), temporary)
    report(console, stage_seconds(inferencer), table, paths)
    if problem is not None:
        return 1, f'{fold(problem)}; written is what was tracked until then'
    if stop.is_set():
        return (
            INTERRUPTED,
            f'stopped by Ctrl-C after frame {table.num_frames}; what is written is whole',
        )
    return 0, ''


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


def write_tables(
    table: TrackTable,
    files: Paths,
    inferencer: MOTInferencer,
    source: FrameSource,
    shape: tuple[int, int],
) -> None:
    """Write the tracks of a video of (H, W) pixels in all formats, and the times."""
    about = {
        'source': source.name,
        'path': origin(source),
        'frame_rate': inferencer.frame_rate,
        'width': shape[1],
        'height': shape[0],
    }
    table.write_mot(files['.txt'])
    table.write_csv(files['.csv'])
    table.write_json(files['.json'], about, class_names(inferencer.config))
    times = {'num_frames': table.num_frames, 'seconds': stage_seconds(inferencer)}
    write_text(files['_timing.json'], json.dumps(times, indent=1) + '\n')


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
