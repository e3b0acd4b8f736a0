"""Draw the tasks that a config trains on, support and query side by side."""

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from mmmaml.command_line import on_interrupt, run_command  # isort: skip

from mmmaml.config_files import find_config

from ..arguments import add_cfg_options, display_problem
from .runner_options import openmmlab_problem

if TYPE_CHECKING:
    from mmmaml.datasets import EpisodicDataset


def build_parser() -> argparse.ArgumentParser:
    """Options of the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        'config',
        help='config whose train_dataloader has an EpisodicDataset: a file, or a name of ours',
    )
    parser.add_argument(
        '--out-dir',
        type=Path,
        metavar='DIR',
        help='a picture of each task goes here; default: outputs/episodes/NAME of the config',
    )
    parser.add_argument(
        '--num', type=int, default=8, metavar='N', help='tasks to draw (%(default)s)'
    )
    parser.add_argument(
        '--start',
        type=int,
        default=0,
        metavar='INDEX',
        help='number of the first; from the number of identities on, those of later epochs',
    )
    parser.add_argument('--show', action='store_true', help='show each task in a window, too')
    add_cfg_options(parser)
    return parser


def browse(args: argparse.Namespace) -> int:
    """Draw tasks one after the other."""
    from mmengine.utils import track_iter_progress

    from mmmaml.utils.outputs import refuse_unwritable
    from mmmaml.visualization import save_figure
    from mmmaml.visualization.figures.tasks import task_figure

    if args.num < 1 or args.start < 0:
        raise ValueError(
            f'--num {args.num} must be at least 1 and --start {args.start} at least 0'
        )
    if args.show and (problem := display_problem()) is not None:
        raise ValueError(problem)
    out_dir = args.out_dir or Path('outputs/episodes') / Path(args.config).stem
    refuse_unwritable([out_dir / 'task.png'])
    tasks = load_tasks(args)
    digits = len(str(args.start + args.num - 1))
    written: list[Path] = []
    on_interrupt(lambda: f'{len(written)} pictures are in {out_dir}, each whole')
    out_dir.mkdir(parents=True, exist_ok=True)
    for index in track_iter_progress(list(range(args.start, args.start + args.num))):
        path = out_dir / f'task{index:0{digits}}.png'
        item = tasks[index]
        written.append(save_figure(task_figure(item['inputs'], item['data_samples']), path))
        if args.show:
            show(path)
    print(f'\n{len(written)} of {len(tasks)} tasks an epoch are drawn in {out_dir}')
    return 0


def load_tasks(args: argparse.Namespace) -> 'EpisodicDataset':
    """Return the training tasks of a config."""
    from mmengine.config import Config

    from mmmaml.datasets import EpisodicDataset
    from mmmaml.registry import DATASETS
    from mmmaml.utils import register_all_modules

    if (problem := openmmlab_problem()) is not None:
        raise ValueError(problem)
    path = find_config(args.config)
    register_all_modules()
    config = Config.fromfile(path)
    config.merge_from_dict(args.cfg_options)
    loader = config.get('train_dataloader') or {}
    tasks = DATASETS.build(loader['dataset']) if 'dataset' in loader else None
    if not isinstance(tasks, EpisodicDataset):
        raise ValueError(
            f'{args.config} trains on {type(tasks).__name__}, not on an EpisodicDataset: there '
            'are no tasks to draw'
        )
    return tasks


def show(path: Path) -> None:
    """Show a picture until a key is pressed."""
    import cv2

    cv2.imshow('task', cv2.imread(str(path)))
    cv2.waitKey(0)


def main(argv: Sequence[str] | None = None) -> int:
    """Draw tasks from the command line; returns the exit status."""
    return run_command(build_parser(), argv, browse)
