"""Time a step of meta-training beside a plain step on the same images.

Both train the network of a config on random tasks, in turn, step by step, so that the ratio holds
on a machine whose speed drifts. Prints the median step and the median of the ratios. Tasks are of
crops if the config has a Re-ID network, and of frames if it has a one-shot detector.
"""

import argparse
import statistics
from collections.abc import Sequence
from typing import Any

from mmmaml.command_line import on_interrupt  # isort: skip

import torch
from mmengine.config import Config
from mmengine.device import get_device
from mmengine.structures import InstanceData

from mmmaml.commands.arguments import add_cfg_options
from mmmaml.models.reid import InnerLoopCfg, MetaLearner
from mmmaml.registry import MODELS
from mmmaml.structures import TaskDataSample
from mmmaml.utils import register_all_modules
from tools.benchmarks.common.clocks import synchronize, timer
from tools.benchmarks.common.tables import table
from tools.benchmarks.speed.sizes import image_size

IDENTITIES = 500
VARIANTS: dict[str, InnerLoopCfg | None] = {
    'plain': None,
    'first order, 1 step': InnerLoopCfg(first_order=True),
    'second order, 1 step': InnerLoopCfg(),
    'second order, 3 steps': InnerLoopCfg(num_steps=3),
    'closed form': InnerLoopCfg(solver='closed_form'),
    'second order, 1 step, torch.func': InnerLoopCfg(adapt=r'.*(head|reid)\.embed'),
}


def main(argv: Sequence[str] | None = None) -> None:
    """Measure from the command line."""
    args = parse_args(argv)
    on_interrupt('the table is shown at the end')
    register_all_modules()
    config = Config.fromfile(args.config)
    config.merge_from_dict(args.cfg_options)
    learner, size = build(config), tuple(args.size or image_size(config))
    images = args.support + args.query
    crops = (args.ways,) if 'reid' in config.model else ()  # else all ways are in all frames
    shape = (args.tasks, *crops, images, 3, size[1], size[0])
    inputs = torch.randn(shape, device=get_device())
    samples = [random_task(args.ways, args.support, images, size) for _ in range(args.tasks)]
    times: dict[str, list[float]] = {name: [] for name in args.only}
    for number in range(args.rounds + 1):
        for name, seconds in times.items():
            taken = step(learner, inputs, samples, VARIANTS[name])
            if number:  # the first round warms up
                seconds.append(taken)
    kind = 'crops' if 'reid' in config.model else 'frames'
    print(f'{args.tasks} tasks of {kind} of {size[0]}x{size[1]}, k={args.support}, q={args.query}')
    rows = []
    for name, seconds in times.items():
        ratio = statistics.median(a / b for a, b in zip(seconds, times['plain'], strict=True))
        rows.append([name, f'{1000 * statistics.median(seconds):.1f}', f'{ratio:.2f}'])
    print(table(['step', 'ms', 'over plain'], rows), end='')


def parse_args(argv: Sequence[str] | None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        prog='python -m tools.benchmarks.speed.meta_step', description=__doc__
    )
    parser.add_argument('config', help='config of a MAMLMOT model')
    parser.add_argument('--tasks', type=int, default=3, help='tasks a step')
    parser.add_argument('--ways', type=int, default=8, help='identities a task')
    parser.add_argument('--support', type=int, default=4, help='support images of each identity')
    parser.add_argument('--query', type=int, default=1, help='query images of each identity')
    parser.add_argument('--rounds', type=int, default=20, help='steps of each kind')
    parser.add_argument(
        '--size', type=int, nargs=2, metavar=('WIDTH', 'HEIGHT'), help="other than the config's"
    )
    parser.add_argument(
        '--only', nargs='+', default=list(VARIANTS), choices=VARIANTS, help='kinds of steps'
    )
    add_cfg_options(parser)
    args = parser.parse_args(argv)
    args.only = ['plain', *(name for name in args.only if name != 'plain')]
    return args


def build(config: Config) -> MetaLearner:
    """Build the part of a config's model that learns."""
    crops = 'reid' in config.model
    part = config.model.reid if crops else config.model.detector
    head = part.head if crops else part.bbox_head.reid
    # Every kind of step can follow this classifier.
    head.update(num_classes=IDENTITIES, task_classifier='prototype')
    learner: Any = MODELS.build(part).to(get_device()).train()
    return learner


def random_task(ways: int, support: int, images: int, size: tuple[int, int]) -> TaskDataSample:
    """Make a task of random identities, in frames at random places."""
    device = get_device()
    sample = TaskDataSample(metainfo={'num_support': support, 'img_shape': size[::-1]})
    sample.labels = torch.randperm(IDENTITIES, device=device)[:ways]
    limits = torch.tensor(size, device=device)
    sample.centers = torch.rand(ways, images, 2, device=device) * limits
    half = limits / 16
    centers = sample.centers.flatten(0, 1)
    sample.gt_instances = InstanceData(
        bboxes=torch.cat([centers - half, centers + half], 1),
        labels=torch.zeros(len(centers), dtype=torch.long, device=device),
        instances_ids=sample.labels.repeat_interleave(images),
        frames=torch.arange(images, device=device).repeat(ways),
    )
    return sample


def step(
    learner: MetaLearner,
    inputs: torch.Tensor,
    samples: list[TaskDataSample],
    cfg: InnerLoopCfg | None,
) -> float:
    """Return the seconds of one forward and backward pass."""
    learner.set_inner_loop(cfg)
    model: Any = learner
    synchronize()
    start = timer()()
    loss, _ = model.parse_losses(model.loss(inputs, samples))
    loss.backward()
    synchronize()
    model.zero_grad()
    return timer()() - start


if __name__ == '__main__':
    main()
