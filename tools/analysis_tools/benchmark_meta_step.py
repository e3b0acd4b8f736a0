"""What a step of meta-training costs over a plain step on the same images.

Both train the Re-ID network of a config on random tasks, in turn, step by step, so that the ratio
holds on a machine whose speed drifts. Prints the median step and the median of the ratios.
"""

import argparse
import statistics
import time
from collections.abc import Sequence

from mmmaml.command_line import on_interrupt  # isort: skip

import torch
from mmengine.config import Config
from mmengine.device import get_device

from mmmaml.models import MetaReID
from mmmaml.models.reid import InnerLoopCfg
from mmmaml.registry import MODELS
from mmmaml.structures import TaskDataSample
from mmmaml.utils import register_all_modules

IDENTITIES = 500
VARIANTS: dict[str, InnerLoopCfg | None] = {
    'plain': None,
    'first order, 1 step': InnerLoopCfg(first_order=True),
    'second order, 1 step': InnerLoopCfg(),
    'second order, 3 steps': InnerLoopCfg(num_steps=3),
    'closed form': InnerLoopCfg(solver='closed_form'),
    'second order, 1 step, torch.func': InnerLoopCfg(adapt=r'head\.embed'),
}


def main(argv: Sequence[str] | None = None) -> None:
    """Measure from the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('config', help='config of a MAMLMOT model')
    parser.add_argument('--tasks', type=int, default=3, help='tasks a step')
    parser.add_argument('--ways', type=int, default=8, help='identities a task')
    parser.add_argument('--rounds', type=int, default=20, help='steps of each kind')
    args = parser.parse_args(argv)
    on_interrupt('what this measures is shown at the end')
    register_all_modules()
    config = Config.fromfile(args.config)
    config.model.reid.head.num_classes = IDENTITIES
    model: MetaReID = MODELS.build(config.model.reid).to(get_device()).train()
    height, width = config.model.tracker.reid.img_scale
    inputs = torch.randn(args.tasks, args.ways, 5, 3, height, width, device=get_device())
    samples = []
    for _ in range(args.tasks):
        sample = TaskDataSample(metainfo={'num_support': 4})
        sample.labels = torch.randperm(IDENTITIES, device=get_device())[: args.ways]
        samples.append(sample)
    times: dict[str, list[float]] = {name: [] for name in VARIANTS}
    for number in range(args.rounds + 1):
        for name, cfg in VARIANTS.items():
            seconds = step(model, inputs, samples, cfg)
            if number:  # the first round warms up
                times[name].append(seconds)
    plain = times['plain']
    print('| step | ms | over plain |\n|---|---:|---:|')
    for name, seconds in times.items():
        ratio = statistics.median(a / b for a, b in zip(seconds, plain, strict=True))
        print(f'| {name} | {1000 * statistics.median(seconds):.1f} | {ratio:.2f} |')


def step(
    model: MetaReID,
    inputs: torch.Tensor,
    samples: list[TaskDataSample],
    cfg: InnerLoopCfg | None,
) -> float:
    """Seconds of one forward and backward pass."""
    model.set_inner_loop(cfg)
    _synchronize()
    start = time.perf_counter()
    loss, _ = model.parse_losses(model.loss(inputs, samples))
    loss.backward()
    _synchronize()
    model.zero_grad()
    return time.perf_counter() - start


def _synchronize() -> None:
    if torch.cuda.is_available():
        torch.cuda.synchronize()


if __name__ == '__main__':
    main()
