"""Draw the similarity of new tracks to training tasks (γ, Eq. 6 of the paper) as a heatmap."""

import argparse
import sys
from collections.abc import Sequence

from mmmaml.command_line import run_command  # isort: skip

import torch
from picture_options import check_out
from task_features import TaskFeatures, TrainedNetwork, add_model_options, spread

from mmmaml.meta import TaskMemory
from mmmaml.visualization import save_figure, task_similarity_figure


def build_parser() -> argparse.ArgumentParser:
    """Build the parser of the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    add_model_options(parser)
    parser.add_argument(
        '--tasks',
        type=int,
        default=48,
        metavar='N',
        help='training tasks and new tracks at most, at even steps; default: 48',
    )
    return parser


def plot(args: argparse.Namespace) -> int:
    """Compute features of the people, draw and write."""
    if args.tasks < 1:
        raise ValueError(f'--tasks {args.tasks} must be at least 1')
    check_out(args.out, [args.config, args.checkpoint])
    network = TrainedNetwork(args)
    training = _people(network, False, args.tasks)
    new = _people(network, True, args.tasks) if args.test_data else training
    # The paper's task is one person: their support is what the memory compares with.
    support = torch.stack([task.feats[0, : task.num_support] for task in training])
    memory = TaskMemory(max_tasks=len(support))
    memory.add(support, support.new_zeros(*support.shape[:2], network.head.out_channels))
    gamma = memory.similarity(torch.stack([task.feats[0, task.num_support] for task in new]))
    figure = task_similarity_figure(
        gamma.numpy(), [task.video for task in new], [task.video for task in training]
    )
    save_figure(figure, args.out)
    print(f'{args.out}: {len(new)} tracks, {len(training)} tasks; mean {gamma.mean():.3f}')
    return 0


def _people(network: TrainedNetwork, test_data: bool, count: int) -> list[TaskFeatures]:
    tasks = network.tasks(test_data)
    found = network.features(tasks, spread(len(tasks), count))
    return sorted(found, key=lambda task: task.video)


def main(argv: Sequence[str] | None = None) -> int:
    """Draw from the command line; return the exit status."""
    return run_command(build_parser(), argv, plot)


if __name__ == '__main__':
    sys.exit(main())
