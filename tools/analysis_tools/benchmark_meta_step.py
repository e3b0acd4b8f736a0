"""What a step of meta-training costs over a plain step on the same images.

Both train the network of a config on random tasks, in turn, step by step, so that the ratio holds
on a machine whose speed drifts. Prints the median step and the median of the ratios. Tasks are of
crops where the config has a Re-ID network, and of frames where it has a one-shot detector.
"""

import argparse
import statistics
from collections.abc import Sequence
from typing import Any

from mmmaml.command_line import on_interrupt  # isort: skip

import torch
from inference_timing import timer
from mmengine.config import Config, DictAction
from mmengine.device import get_device
from mmengine.structures import InstanceData

from mmmaml.datasets.transforms.letterbox_frame import letterbox_size
from mmmaml.models.reid import InnerLoopCfg, MetaLearner
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
    'second order, 1 step, torch.func': InnerLoopCfg(adapt=r'.*(head|reid)\.embed'),
}


def main(argv: Sequence[str] | None = None) -> None:
    """Measure from the command line."""
    args = parse_args(argv)
    on_interrupt('what this measures is shown and written at the end')
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
    print('| step | ms | over plain |\n|---|---:|---:|')
    for name, seconds in times.items():
        ratio = statistics.median(a / b for a, b in zip(seconds, times['plain'], strict=True))
        print(f'| {name} | {1000 * statistics.median(seconds):.1f} | {ratio:.2f} |')


def parse_args(argv: Sequence[str] | None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
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
    parser.add_argument(
        '--cfg-options', nargs='+', action=DictAction, default={}, metavar='KEY=VALUE'
    )
    args = parser.parse_args(argv)
    args.only = ['plain', *(name for name in args.only if name != 'plain')]
    return args


def build(config: Config) -> MetaLearner:
    """What learns in a config's model."""
    crops = 'reid' in config.model
    part = config.model.reid if crops else config.model.detector
    head = part.head if crops else part.bbox_head.reid
    # Every kind of step can follow this classifier.
    head.update(num_classes=IDENTITIES, task_classifier='prototype')
    learner: Any = MODELS.build(part).to(get_device()).train()
    return learner


def image_size(config: Config) -> tuple[int, int]:
    """Width and height of the crops or frames of a config."""
    if 'reid' not in config.model:
        return frame_size(config)
    height, width = config.model.tracker.reid.img_scale
    return width, height


def frame_size(config: Config) -> tuple[int, int]:
    """Width and height of the frames that a config trains on."""
    dataset = config.train_dataloader.dataset
    size = letterbox_size(dataset.get('dataset', dataset).pipeline)
    if size is None:
        raise SystemExit(f'{config.filename} has no LetterboxFrame in training: give --size')
    return size


def random_task(ways: int, support: int, images: int, size: tuple[int, int]) -> TaskDataSample:
    """A task of random identities, in frames at random places."""
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
    """Seconds of one forward and backward pass."""
    learner.set_inner_loop(cfg)
    model: Any = learner
    _synchronize()
    start = timer()()
    loss, _ = model.parse_losses(model.loss(inputs, samples))
    loss.backward()
    _synchronize()
    model.zero_grad()
    return timer()() - start


def _synchronize() -> None:
    if torch.cuda.is_available():
        torch.cuda.synchronize()


if __name__ == '__main__':
    main()
