"""Draw the embeddings of a task before and after adaptation in two dimensions."""

import argparse
import sys
from collections.abc import Sequence

from mmmaml.command_line import run_command  # isort: skip

import numpy as np
import torch
from picture_options import check_out
from task_features import TaskFeatures, TrainedNetwork, add_model_options

from mmmaml.visualization import save_figure
from mmmaml.visualization.figures.embeddings import embeddings_figure


def build_parser() -> argparse.ArgumentParser:
    """Build the parser of the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    add_model_options(parser)
    parser.add_argument(
        '--task',
        type=int,
        default=0,
        metavar='INDEX',
        help='the task, from 0; from the number of people on they are drawn anew; default: 0',
    )
    return parser


def plot(args: argparse.Namespace) -> int:
    """Adapt to the task, draw and write."""
    check_out(args.out, [args.config, args.checkpoint])
    network = TrainedNetwork(args)
    tasks = network.tasks(args.test_data)
    (task,) = network.features(tasks, np.array([args.task]))
    before, after = embeddings(network, task)
    people = np.repeat(np.asarray(task.people)[task.labels.numpy() >= 0], before.shape[1])
    is_query = np.arange(before.shape[1]) >= task.num_support
    figure = embeddings_figure(
        before.flatten(0, 1).numpy(),
        after.flatten(0, 1).numpy(),
        people,
        np.tile(is_query, len(before)),
    )
    save_figure(figure, args.out)
    how = 'online adaptation, trained plainly' if network.trained_plainly else 'inner loop'
    print(f'{args.out}: {len(before)} people of {task.video}, {how} ({network.inner_loop.solver})')
    return 0


@torch.no_grad()
def embeddings(network: TrainedNetwork, task: TaskFeatures) -> tuple[torch.Tensor, torch.Tensor]:
    """Return embeddings (N, k + q, D) of the people who are there, before and after adaptation."""
    there = task.labels >= 0
    feats, labels = task.feats[None, there], task.labels[None, there]
    support, query = feats.tensor_split([task.num_support], dim=2)
    with torch.enable_grad():  # which the steps of the inner loop need
        adapted = network.head.adapt(support, query, labels, network.inner_loop)
    shape = support.shape[1], -1
    after = [
        each[0].detach().unflatten(0, shape)
        for each in (adapted.support_embeds, adapted.query_embeds)
    ]
    return network.head(feats)[0], torch.cat(after, dim=1)


def main(argv: Sequence[str] | None = None) -> int:
    """Draw from the command line; return the exit status."""
    return run_command(build_parser(), argv, plot)


if __name__ == '__main__':
    sys.exit(main())
