"""Train the model of a config."""

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from mmmaml.command_line import on_interrupt, one_sentence  # isort: skip

from ..arguments import check_file, fail
from .runner_options import add_runner_options, build_runner, load_config, set_threads

if TYPE_CHECKING:
    from mmengine.config import Config


def build_parser() -> argparse.ArgumentParser:
    """Build the parser of the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    add_runner_options(parser)
    parser.add_argument(
        '--resume',
        nargs='?',
        const='auto',
        metavar='CHECKPOINT',
        help='go on from this checkpoint with its optimizer, schedule and iteration; without a '
        'value, from the newest one in the work folder, or from the start if there is none',
    )
    parser.add_argument(
        '--amp', action='store_true', help='mixed precision in float16 (needs a GPU)'
    )
    parser.add_argument(
        '--auto-scale-lr',
        action='store_true',
        help='scale the learning rate by the total batch size over auto_scale_lr.base_batch_size',
    )
    return parser


def main(argv: Sequence[str] | None = None) -> None:
    """Train from the command line."""
    parser = build_parser()
    _train(parser, parser.parse_args(argv))
    from mmmaml.engine import leave_processes

    leave_processes()


def _train(parser: argparse.ArgumentParser, args: argparse.Namespace) -> None:
    begun = False

    def begin() -> None:
        nonlocal begun
        begun = True

    # What fails at the start is input that cannot be used; later, the place counts.
    with one_sentence(parser, lambda: args.debug or begun):
        config = load_config(parser, args)
        if args.amp:
            _use_mixed_precision(parser, config)
        if args.auto_scale_lr:
            _scale_learning_rate(parser, config)
        if args.resume is not None:
            _resume(parser, config, args.resume)
        on_interrupt(lambda: _checkpoints(Path(config.work_dir)))
        from .begin_hook import BeginHook

        runner = build_runner(config)
        runner.register_hook(BeginHook(begin))
        set_threads(args)
        runner.train()


def _checkpoints(work_dir: Path) -> str:
    """Say in words the checkpoints that are there."""
    paths = sorted(work_dir.glob('*.pth'), key=lambda path: path.stat().st_mtime)
    if not paths:
        return f'{work_dir} holds no checkpoint yet'
    names = ', '.join(path.name for path in paths[-3:])
    return f'{work_dir} holds {names}; --resume goes on from the newest'


def _use_mixed_precision(parser: argparse.ArgumentParser, config: 'Config') -> None:
    from mmengine.device import get_device

    if get_device() == 'cpu':
        fail(
            parser,
            '--amp needs a GPU and none was found; on a CPU leave it out, or train in bfloat16 by '
            '--cfg-options optim_wrapper.type=BFloat16OptimWrapper',
        )
    wrapper = config.optim_wrapper
    kind = wrapper.get('type', 'OptimWrapper')
    if kind not in ('OptimWrapper', 'AmpOptimWrapper'):
        fail(parser, f'--amp replaces an optim_wrapper of type OptimWrapper, not of type {kind}')
    wrapper.type = 'AmpOptimWrapper'
    wrapper.setdefault('loss_scale', 'dynamic')


def _scale_learning_rate(parser: argparse.ArgumentParser, config: 'Config') -> None:
    if 'base_batch_size' not in config.get('auto_scale_lr', {}):
        fail(
            parser,
            f'--auto-scale-lr needs auto_scale_lr = dict(base_batch_size=N) in {config.filename}:'
            ' the total batch size that its learning rate was chosen for',
        )
    config.auto_scale_lr.enable = True


def _resume(parser: argparse.ArgumentParser, config: 'Config', checkpoint: str) -> None:
    config.resume = True
    if checkpoint == 'auto':
        config.load_from = None
    else:
        check_file(parser, checkpoint, 'checkpoint')
        config.load_from = checkpoint
