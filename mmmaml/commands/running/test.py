"""Test a trained model: run it over the test set of its config and evaluate it."""

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from mmmaml.command_line import on_interrupt, one_sentence  # isort: skip

from mmmaml.utils.outputs import refuse_overwriting, refuse_unwritable

from ..arguments import check_file, display_problem, fail
from .runner_options import add_runner_options, build_runner, load_config, set_threads

if TYPE_CHECKING:
    from mmengine.config import Config
    from mmengine.runner import Runner
    from torch import nn

_PARTS = ('detector', 'reid')


def build_parser() -> argparse.ArgumentParser:
    """Build the parser of the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    add_runner_options(parser)
    parser.add_argument(
        'checkpoint',
        nargs='?',
        help='checkpoint of the whole model; default: load_from of the config, else the init_cfg '
        'of its parts',
    )
    parser.add_argument('--detector', metavar='CHECKPOINT', help='of the detector of a MOT model')
    parser.add_argument('--reid', metavar='CHECKPOINT', help='of the Re-ID model of a MOT model')
    parser.add_argument('--out', metavar='FILE.pkl', help='also write all predictions here')
    parser.add_argument('--show', action='store_true', help='show each frame in a window')
    parser.add_argument(
        '--show-dir',
        metavar='DIR',
        help='write each frame with its tracks to WORK_DIR/TIMESTAMP/DIR, or to DIR if that is '
        'an absolute path',
    )
    parser.add_argument(
        '--wait-time',
        type=float,
        default=2,
        metavar='SECONDS',
        help='how long --show shows each frame; 0 waits for the space key',
    )
    return parser


def main(argv: Sequence[str] | None = None) -> None:
    """Test from the command line."""
    parser = build_parser()
    args = parser.parse_intermixed_args(argv)  # CONFIG --work-dir DIR CHECKPOINT
    with one_sentence(parser, args.debug):
        _test(parser, args)
    from mmmaml.engine import leave_processes

    leave_processes()


def _test(parser: argparse.ArgumentParser, args: argparse.Namespace) -> None:
    config = load_config(parser, args)
    _check_options(parser, args)
    if args.show and (problem := display_problem()) is not None:
        fail(parser, problem)
    if args.show or args.show_dir:
        _draw_frames(parser, args, config)
    _keep_results(config)
    _check_outputs(args, config)
    on_interrupt(
        f'tracks and scores are written when all is tested; those in {config.work_dir}, if any, '
        'are of an earlier run'
    )
    parts = {part: getattr(args, part) for part in _PARTS if getattr(args, part) is not None}
    config.resume = False
    if args.checkpoint is not None or parts:
        config.load_from = args.checkpoint
    runner = build_runner(config)
    if config.get('load_from') is None:
        _load_parts(parser, runner, parts)
    set_threads(args, runner.model)
    if args.out is not None:
        from .predictions import Predictions

        runner.test_evaluator.metrics.append(Predictions(out_file_path=args.out))
    runner.test()


def _check_options(parser: argparse.ArgumentParser, args: argparse.Namespace) -> None:
    check_file(parser, args.checkpoint, 'checkpoint')
    for part in _PARTS:
        check_file(parser, getattr(args, part), f'checkpoint of the {part}')
    if args.checkpoint is not None and (args.detector or args.reid):
        fail(parser, 'give the checkpoint of the whole model or those of its parts, not both')
    if args.out is not None and not args.out.endswith(('.pkl', '.pickle')):
        fail(parser, f'--out writes a pickle file, {args.out} must end in .pkl or .pickle')


def _draw_frames(
    parser: argparse.ArgumentParser, args: argparse.Namespace, config: 'Config'
) -> None:
    hook = config.get('default_hooks', {}).get('visualization')
    if hook is None:
        fail(
            parser,
            f'--show and --show-dir need a hook that draws, and {config.filename} has none: add '
            "visualization=dict(type='mmdet.TrackVisualizationHook') to its default_hooks",
        )
    hook.draw = True
    hook.setdefault('frame_interval', 1)  # mmdet's own default leaves 29 of 30 frames out
    if args.show:
        hook.show, hook.wait_time = True, args.wait_time
    if args.show_dir:
        hook.test_out_dir = args.show_dir


def _keep_results(config: 'Config') -> None:
    """Write tracks and scores to the work folder if the config names no other."""
    evaluators = config.get('test_evaluator') or []
    for evaluator in evaluators if isinstance(evaluators, list) else [evaluators]:
        if str(evaluator.get('type')).split('.')[-1] == 'MOTMetric':
            evaluator.setdefault('outdir', config.work_dir)


def _check_outputs(args: argparse.Namespace, config: 'Config') -> None:
    """Refuse results that would replace what is read: weights, annotations, given detections."""
    evaluators = config.get('test_evaluator') or []
    evaluators = evaluators if isinstance(evaluators, list) else [evaluators]
    folders = [Path(each.outdir) for each in evaluators if each.get('outdir')]
    dataset = (config.get('test_dataloader') or {}).get('dataset') or {}
    root = Path(dataset.get('data_root') or '')
    detections = ((config.get('model') or {}).get('detector') or {}).get('detections')
    given = list(detections.values()) if isinstance(detections, dict) else [detections]
    weights = [args.checkpoint, args.detector, args.reid, config.get('load_from')]
    read = [config.filename, *weights, root / (dataset.get('ann_file') or ''), *given]
    refuse_unwritable([args.out])
    # Two evaluators may share a folder.
    results = {folder / name for folder in folders for name in ('results', 'gt', 'events')}
    refuse_overwriting([args.out, *results], read)


def _load_parts(
    parser: argparse.ArgumentParser, runner: 'Runner', checkpoints: dict[str, str]
) -> None:
    """Load the weights that each part names by ``init_cfg``, and over them its checkpoint.

    The Runner itself does neither when it tests.
    """
    from mmengine.model import is_model_wrapper

    model = runner.model.module if is_model_wrapper(runner.model) else runner.model
    if hasattr(model, 'init_weights'):
        if not checkpoints and any(True for _ in model.parameters()):
            runner.logger.warning(
                'no checkpoint: the weights start from init_cfg, and without one at random'
            )
        model.init_weights()
    for part, path in checkpoints.items():
        _load_part(parser, model, part, path)


def _load_part(parser: argparse.ArgumentParser, model: 'nn.Module', name: str, path: str) -> None:
    """Load a checkpoint of a part, or that part of a checkpoint of a whole MOT model."""
    part = getattr(model, name, None)
    if part is None:
        fail(parser, f'--{name}: {type(model).__name__} has no part {name!r}')
    from mmengine.runner.checkpoint import CheckpointLoader

    from mmmaml.engine.checkpoints import check_tested
    from mmmaml.models.weights_by_name import take_over

    content = CheckpointLoader.load_checkpoint(path, map_location='cpu')
    whole = content.get('state_dict', content)
    whole = {key.removeprefix('module.'): value for key, value in whole.items()}
    start = f'{name}.'
    inside = {k.removeprefix(start): v for k, v in whole.items() if k.startswith(start)}
    check_tested(take_over(part, inside or whole), part, f'--{name} {path}')
