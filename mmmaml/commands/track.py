"""Track people in any videos: files, folders of images, cameras or streams."""

import argparse
import math
import os
from collections.abc import Sequence
from pathlib import Path

from mmmaml.command_line import (  # isort: skip
    add_debug_option,
    on_interrupt,
    one_sentence,
)

from .arguments import (
    add_cfg_options,
    check_file,
    display_problem,
    fail,
    frames_per_second,
)

JOIN_SECONDS, INTERPOLATE_SECONDS = 3.0, 1.0
SUSPICIOUS_BELOW = 0.8


def build_parser() -> argparse.ArgumentParser:
    """Options of the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        'sources',
        nargs='+',
        metavar='SOURCE',
        help='video file, folder of images, sequence folder of the MOTChallenge layout, index of '
        'a camera, or address of a stream; several share the networks, each is tracked by itself',
    )
    parser.add_argument('--config', help='config of a MOT model')
    parser.add_argument(
        '--checkpoint', help='its weights; default: load_from of the config, else its init_cfg'
    )
    files = parser.add_argument_group('models in the ONNX format, in place of a config')
    files.add_argument(
        '--detector',
        metavar='FILE',
        help='detector of the YOLO family (YOLOX, YOLOv5, YOLOv8, YOLO11), or one with rows x1, '
        'y1, x2, y2, score, class; default: detections from files, as --detections says',
    )
    files.add_argument(
        '--reid',
        metavar='FILE',
        help='Re-ID network, which is adapted to the video; default: motion and overlap alone',
    )
    files.add_argument(
        '--prior',
        metavar='FILE',
        help='statistics of other people under this Re-ID network, made by fit_prior.py',
    )
    files.add_argument(
        '--classes',
        nargs='+',
        metavar='CLASS',
        help='classes of the detector to track, by name or number; default: person',
    )
    parser.add_argument(
        '--out-dir',
        type=Path,
        default=Path('outputs/track'),
        metavar='DIR',
        help='folder of the results, NAME.mp4 and so on; default: outputs/track',
    )
    parser.add_argument(
        '--overwrite',
        action='store_true',
        help='replace files of those names that are no results of this source',
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
        '--threads',
        type=int,
        metavar='N',
        help='threads of the network on a CPU; default: 1 for networks of boxes, else one a core '
        'that other programs leave free; of several sources, frames that go through the networks '
        'at a time',
    )
    parser.add_argument(
        '--frame-rate',
        type=frames_per_second,
        metavar='FPS',
        help='frames per second, 25 or 30000/1001, if the source does not say or is wrong',
    )
    parser.add_argument(
        '--trail-seconds',
        type=float,
        default=1.0,
        metavar='SECONDS',
        help='how far back the line behind each person reaches; 0 draws none; default: 1',
    )
    parser.add_argument(
        '--join',
        type=float,
        nargs='?',
        const=JOIN_SECONDS,
        metavar='SECONDS',
        help='in the end, split tracks that hold two people, and join those of one person after '
        f'absences up to so long, default: {JOIN_SECONDS:g}; changes the tables, not the video',
    )
    parser.add_argument(
        '--interpolate',
        type=float,
        nargs='?',
        const=INTERPOLATE_SECONDS,
        metavar='SECONDS',
        help='in the end, fill gaps of tracks up to so long, default: '
        f'{INTERPOLATE_SECONDS:g}; changes the tables, not the video',
    )
    parser.add_argument(
        '--smooth',
        type=float,
        default=0.0,
        metavar='SECONDS',
        help='with --interpolate, also smooth boxes over time; 0.2 takes most jitter away',
    )
    parser.add_argument(
        '--certainty',
        action='store_true',
        help='tell how certain each identity is, 0 to 1, in the .csv and .json files',
    )
    parser.add_argument(
        '--suspicious',
        type=float,
        nargs='?',
        const=SUSPICIOUS_BELOW,
        metavar='CERTAINTY',
        help='also write NAME_suspicious.csv, the places where an identity may be wrong: those '
        f'of a certainty below this, default: {SUSPICIOUS_BELOW:g}',
    )
    parser.add_argument(
        '--decisions',
        action='store_true',
        help='also write NAME_decisions.csv: the stage of matching and the similarity by which '
        'each id has its box, which switch_causes.py --decisions shows',
    )
    add_cfg_options(parser, 'model.tracker.score_thr=0.3')
    parser.add_argument(
        '--state-in',
        metavar='FILE',
        help='go on from this state: people who are remembered in it keep their ids',
    )
    parser.add_argument(
        '--state-out',
        type=Path,
        metavar='FILE',
        help='write the state after the last frame, for the next file of the same camera',
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
    from mmengine.logging import MMLogger

    MMLogger.get_current_instance().setLevel('WARNING')
    on_interrupt('nothing is written')
    with one_sentence(parser, args.debug, (Exception,)):
        if args.sources[1:]:
            from .track_streams import run
        else:
            from .track_run import run

        status, message = run(args)
    if message:
        parser.exit(status, f'{parser.prog}: {message}\n')


def _check_options(parser: argparse.ArgumentParser, args: argparse.Namespace) -> None:
    given = [f'--{name}' for name in ('detector', 'reid', 'prior') if getattr(args, name)]
    if not any((args.config, args.detector, args.reid, args.detections)):
        fail(
            parser,
            'give models: --detector and --reid (ONNX files), or --config; or --detections alone, '
            'to track by motion and overlap',
        )
    if args.config is not None and given:
        fail(parser, f'--config names the models already: leave out {" and ".join(given)}')
    if args.config is None and args.checkpoint is not None:
        fail(parser, '--checkpoint holds the weights of a --config, and there is none')
    if args.prior is not None and args.reid is None:
        fail(parser, '--prior is of a Re-ID network: give --reid, too')
    if args.detector is not None and args.detections is not None:
        fail(parser, '--detections take the place of a --detector: leave one of them out')
    if args.classes is not None and args.detector is None:
        fail(parser, '--classes are of the --detector: without one all detections are tracked')
    for name in ('detector', 'reid', 'prior'):
        check_file(parser, getattr(args, name), name)
    check_file(parser, args.config, 'config')
    check_file(parser, args.checkpoint, 'checkpoint')
    check_file(parser, args.state_in, 'state')
    check_file(parser, args.detections, 'detections file')
    if args.frame_rate is not None and not args.frame_rate > 0:
        fail(parser, f'--frame-rate {args.frame_rate:g} must be greater than 0')
    if args.threads is not None and args.threads < 1:
        fail(parser, f'--threads {args.threads} must be at least 1')
    for name in ('trail_seconds', 'join', 'interpolate', 'smooth'):
        value = getattr(args, name)
        if value is not None and not 0 <= value < math.inf:
            option = name.replace('_', '-')
            fail(parser, f'--{option} {value:g} must be a number of seconds, at least 0')
    if args.suspicious is not None and not 0 <= args.suspicious <= 1:
        fail(parser, f'--suspicious {args.suspicious:g} must be between 0 and 1')
    if args.suspicious is not None and args.join is not None:
        fail(parser, '--suspicious lists ids as they were told live, and --join changes them')
    if args.decisions and args.join is not None:
        fail(parser, '--decisions are of ids as they were told live, and --join changes them')
    if args.sources[1:]:
        for name in ('detections', 'show', 'decisions', 'state_in', 'state_out'):
            if getattr(args, name):
                fail(parser, f'--{name.replace("_", "-")} is for one source, not for several')
    if args.interpolate == 0:
        fail(parser, '--interpolate 0 must be greater than 0: leave it out to fill no gaps')
    if args.join is not None and args.config is None and args.reid is None:
        fail(parser, '--join compares people by their appearance: give --reid, too')
    if args.smooth and args.interpolate is None:
        fail(parser, '--smooth needs --interpolate')
    if args.show and (problem := display_problem()) is not None:
        fail(parser, problem)
