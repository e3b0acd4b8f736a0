"""Track people in any video: a file, a folder of images, a camera or a stream."""

import argparse
import json
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from mmmaml.command_line import (  # isort: skip
    INTERRUPTED,
    add_debug_option,
    fold,
    on_interrupt,
    one_sentence,
)

import numpy as np
from mmengine.config import DictAction
from mmengine.logging import MMLogger
from rich.console import Console
from runner_options import check_file, fail
from track_display import Picture, progress, report

from mmmaml.apis import MOTInferencer, Tracks
from mmmaml.apis.sources import FrameSource, open_source
from mmmaml.apis.track_table import TrackTable
from mmmaml.utils import atomic_path, write_text
from mmmaml.visualization.videos import video_writer

ENDINGS = ('.mp4', '.txt', '.csv', '.json', '_timing.json')
STAGES = ('decode', 'network', 'association', 'adaptation', 'drawing')


def build_parser() -> argparse.ArgumentParser:
    """Options of the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        'source',
        help='video file, folder of images, sequence folder of the MOTChallenge layout, index of '
        'a camera, or address of a stream',
    )
    parser.add_argument('--config', required=True, help='config of a MOT model')
    parser.add_argument(
        '--checkpoint', help='its weights; default: load_from of the config, else its init_cfg'
    )
    parser.add_argument(
        '--out-dir',
        type=Path,
        default=Path('outputs/track'),
        metavar='DIR',
        help='folder of the results, NAME.mp4 and so on; default: outputs/track',
    )
    parser.add_argument(
        '--detections',
        metavar='FILE',
        help='detections in the MOTChallenge format, frames from 1; default: the detector of the '
        'config, which for PublicDetector means det/det.txt of a sequence folder',
    )
    parser.add_argument('--show', action='store_true', help='show each frame in a window')
    parser.add_argument('--device', default='cpu', help='cpu, cuda:0, ...; default: cpu')
    parser.add_argument(
        '--frame-rate',
        type=float,
        metavar='FPS',
        help='frames per second, where the source does not say or is wrong',
    )
    parser.add_argument(
        '--trail-seconds',
        type=float,
        default=1.0,
        metavar='SECONDS',
        help='how far back the line behind each person reaches; 0 draws none; default: 1',
    )
    parser.add_argument(
        '--cfg-options',
        nargs='+',
        action=DictAction,
        default={},
        metavar='KEY=VALUE',
        help='replace values of the config, e.g. model.tracker.score_thr=0.3',
    )
    add_debug_option(parser)
    return parser


def main(argv: Sequence[str] | None = None) -> None:
    """Track from the command line."""
    parser = build_parser()
    args = parser.parse_intermixed_args(argv)
    _check_options(parser, args)
    # FFmpeg and our libraries keep quiet: what fails is said once, by the exception.
    os.environ.setdefault('OPENCV_FFMPEG_LOGLEVEL', '-8')
    MMLogger.get_current_instance().setLevel('WARNING')
    on_interrupt('nothing is written')
    with one_sentence(parser, args.debug, (Exception,)):
        status, message = run(args)
    if message:
        parser.exit(status, f'{parser.prog}: {message}\n')


def _check_options(parser: argparse.ArgumentParser, args: argparse.Namespace) -> None:
    check_file(parser, args.config, 'config')
    check_file(parser, args.checkpoint, 'checkpoint')
    check_file(parser, args.detections, 'detections file')
    if args.frame_rate is not None and not args.frame_rate > 0:
        fail(parser, f'--frame-rate {args.frame_rate:g} must be greater than 0')
    if not args.trail_seconds >= 0:
        fail(parser, f'--trail-seconds {args.trail_seconds:g} must be at least 0')
    linux = sys.platform.startswith('linux')
    if args.show and linux and not {'DISPLAY', 'WAYLAND_DISPLAY'} & set(os.environ):
        fail(parser, '--show needs a display, and there is none: leave it out, or use ssh -X')


def run(args: argparse.Namespace) -> tuple[int, str]:
    """Track a source and write what was found, as far as it went.

    Returns:
        Exit status, and what to say of a source that was not tracked to its end.
    """
    console = Console()
    source = open_source(args.source)
    inferencer = MOTInferencer(
        args.config, args.checkpoint, args.device, args.frame_rate, args.cfg_options
    )
    pairs = inferencer.track(source, args.detections)
    paths = {ending: args.out_dir / f'{source.name}{ending}' for ending in ENDINGS}
    picture = Picture(round(args.trail_seconds * inferencer.frame_rate), args.show)
    table = TrackTable()
    with ExitStack() as stack:
        stop = stack.enter_context(stop_on_interrupt())
        files = {end: stack.enter_context(atomic_path(path)) for end, path in paths.items()}
        with (
            video_writer(files['.mp4'], paths['.mp4'], inferencer.frame_rate) as write,
            progress(console, source) as advance,
        ):
            problem: Exception | None = None
            try:
                for frame, tracks in pairs:
                    with inferencer.clock.stage('drawing'):
                        draw(picture, write, frame, tracks, after=table.num_frames)
                    table.add(tracks)
                    advance()
                    if stop.is_set() or picture.closed:
                        break
            except Exception as error:  # what was tracked until then is good
                problem = error
        if problem is not None and (args.debug or not table.num_frames):
            raise problem
        write_tables(table, files, inferencer, source, frame.shape[:2])
    report(console, stage_seconds(inferencer), table.num_frames, paths)
    if problem is not None:
        return 1, f'{fold(problem)}; written is what was tracked until then'
    if stop.is_set():
        return (
            INTERRUPTED,
            f'stopped by Ctrl-C after frame {table.num_frames}; what is written is whole',
        )
    return 0, ''


def draw(
    picture: Picture,
    write: Callable[[np.ndarray, Path], None],
    frame: np.ndarray,
    tracks: Tracks,
    after: int,
) -> None:
    """Draw a frame (H, W, 3) into the video, whose frame before has the number ``after``."""
    drawn = picture.draw(frame, tracks)
    # A live source goes on while a frame is tracked; the video stands still as long.
    for _ in range(after, tracks.frame):
        write(drawn, Path(f'frame {tracks.frame}'))


def write_tables(
    table: TrackTable,
    files: dict[str, Path],
    inferencer: MOTInferencer,
    source: FrameSource,
    shape: tuple[int, int],
) -> None:
    """Write the tracks of a video of (H, W) pixels in all formats, and the times."""
    rate = inferencer.frame_rate
    about = {'source': source.name, 'frame_rate': rate, 'width': shape[1], 'height': shape[0]}
    table.write_mot(files['.txt'])
    table.write_csv(files['.csv'], rate)
    table.write_json(files['.json'], about, class_names(inferencer.config))
    times = {'num_frames': table.num_frames, 'seconds': stage_seconds(inferencer)}
    write_text(files['_timing.json'], json.dumps(times, indent=1) + '\n')


def stage_seconds(inferencer: MOTInferencer) -> dict[str, float]:
    """Seconds of every stage; 0 of those that did not occur."""
    return {stage: inferencer.clock.seconds.get(stage, 0.0) for stage in STAGES}


def class_names(config: Any) -> Sequence[str]:
    """Names of the classes as the test set of a config has them; empty where it names none."""
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


if __name__ == '__main__':
    main()
