"""Options that train.py and test.py share, and the Runner that they describe."""

import argparse
import os
from pathlib import Path
from typing import TYPE_CHECKING

from mmmaml.command_line import add_debug_option
from mmmaml.compat import has_openmmlab
from mmmaml.config_files import find_config

from ..arguments import add_cfg_options, fail

if TYPE_CHECKING:
    from mmengine.config import Config
    from mmengine.runner import Runner
    from torch import nn

LAUNCHERS = ('none', 'pytorch', 'slurm', 'mpi')


def add_runner_options(parser: argparse.ArgumentParser) -> None:
    """Add the config and the options that every run has."""
    parser.add_argument('config', help='config file, or the name of a config of mmmaml')
    parser.add_argument(
        '--work-dir',
        help='folder of logs and checkpoints; default: work_dir of the config, else '
        'work_dirs/NAME of the config',
    )
    add_cfg_options(parser, 'train_cfg.max_epochs=2 randomness.seed=1 a.b="[1,2]" a.0.b=x')
    parser.add_argument(
        '--launcher',
        choices=LAUNCHERS,
        default='none',
        help='what started the processes of a distributed run',
    )
    parser.add_argument(
        '--threads',
        type=int,
        metavar='N',
        help='threads of the network on a CPU; default: 1 to track with networks of boxes, else '
        'one a core that other programs leave free',
    )
    add_debug_option(parser)
    # Launchers of PyTorch before 2.0 pass the first form, later ones the second.
    parser.add_argument('--local_rank', '--local-rank', type=int, default=0, help='by launchers')


def openmmlab_problem() -> str | None:
    """Say what to install if mmcv or mmdet is missing; None if both are there."""
    if has_openmmlab():
        return None
    return (
        'this runs models of MMDetection, and mmcv or mmdet is not installed: run '
        '`bash tools/install.sh` in a clone, or install mmmaml[openmmlab], onedl-mmcv and '
        'onedl-mmdetection'
    )


def require_openmmlab(parser: argparse.ArgumentParser) -> None:
    """End the program with a sentence if mmcv or mmdet is missing."""
    if (problem := openmmlab_problem()) is not None:
        fail(parser, problem)


def load_config(parser: argparse.ArgumentParser, args: argparse.Namespace) -> 'Config':
    """Read the config and lay the options of :func:`add_runner_options` over it."""
    if args.threads is not None and args.threads < 1:
        fail(parser, f'--threads {args.threads} must be at least 1')
    require_openmmlab(parser)
    try:
        args.config = str(find_config(args.config))
    except FileNotFoundError as error:
        fail(parser, str(error))
    from mmengine.config import Config

    from mmmaml.utils import register_all_modules

    register_all_modules(init_default_scope=False)
    try:
        config = Config.fromfile(args.config)
    except FileNotFoundError as error:  # a config under _base_
        fail(parser, f'config {args.config} cannot be read: {error}')
    config.merge_from_dict(args.cfg_options)
    config.launcher = args.launcher
    if args.work_dir is not None:
        config.work_dir = args.work_dir
    elif config.get('work_dir') is None:
        config.work_dir = str(Path('work_dirs') / Path(args.config).stem)
    os.environ.setdefault('LOCAL_RANK', str(args.local_rank))
    return config


def set_threads(args: argparse.Namespace, model: 'nn.Module | None' = None) -> None:
    """Set the threads of networks on a CPU.

    Args:
        args: With ``threads``, None for the default.
        model: That tracks; None if it trains, on batches that are large enough to share out.
    """
    import torch
    from mmengine.device import get_device

    from mmmaml.utils.threads import default_threads, threads_of_free_cores

    if args.threads is not None:
        torch.set_num_threads(args.threads)
    elif get_device() == 'cpu':
        threads = threads_of_free_cores() if model is None else default_threads(model)
        torch.set_num_threads(threads)


def build_runner(config: 'Config') -> 'Runner':
    """Build the Runner, of the class ``runner_type`` if the config names one."""
    from mmengine.device import get_device
    from mmengine.runner import Runner

    from mmmaml.engine import join_cpu_processes
    from mmmaml.registry import RUNNERS

    if config.launcher != 'none' and get_device() == 'cpu':
        join_cpu_processes(config)
    if 'runner_type' in config:
        return RUNNERS.build(config)
    return Runner.from_cfg(config)
