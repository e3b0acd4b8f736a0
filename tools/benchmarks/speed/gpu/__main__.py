"""Time networks on a GPU in one run: frames, crops, training steps, half precision and NCCL.

A one-shot network and the Re-ID network of a config, with one frame and with eight at a time, in
single and half precision, at two sizes; steps of training with and without an inner loop; and a
step of distributed training in a group of one process. What does not fit the time is left out and
said. Without a GPU it runs on the processor, in bfloat16 in place of fp16: that is a check of the
script, not a measurement.
"""

import argparse
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from mmmaml.command_line import on_interrupt  # isort: skip

import numpy as np
import torch
from mmengine.config import Config
from mmengine.device import get_device

from mmmaml.utils import register_all_modules, write_text
from tools.benchmarks.common.clocks import synchronize
from tools.benchmarks.common.tables import table
from tools.benchmarks.speed.inference.__main__ import device_name
from tools.benchmarks.speed.inference.timing import time_crops, time_frames
from tools.benchmarks.speed.meta_step import VARIANTS, build, random_task, step
from tools.benchmarks.speed.sizes import image_size

ONE_SHOT = 'configs/one_shot/fairmot_dla34_30e_mot17halftrain_test-mot17halfval.py'
CROPS = 'configs/maml_mot/maml-mot_r50_60e_mot17halftrain_test-mot17halfval.py'
SIZES = ('1088x608', '1920x1088')
TASK = (8, 4, 1)
"""Ways, support and query images of a task."""
STEPS = ('plain', 'first order, 1 step', 'second order, 1 step', 'closed form')


def main(argv: Sequence[str] | None = None) -> None:
    """Measure from the command line."""
    args = parse_args(argv)
    on_interrupt('the tables are shown and written at the end')
    register_all_modules()
    end = time.monotonic() + args.seconds
    lines = [f'{device_name()}, torch {torch.__version__}, {args.people} people a frame.', '']
    head = ['network', 'size', 'batch', 'precision', 'frames/s', 'ms, median', '90 %', '99 %']
    lines += [table(head, list(frame_rows(args, end)))]
    lines += [table(['step of training', 'steps/s', 'over plain'], list(step_rows(args, end)))]
    lines += [feature_difference(args), distributed_step(args)]
    text = '\n'.join(lines) + '\n'
    print(text, end='')
    if args.out is not None:
        write_text(args.out, text)


def parse_args(argv: Sequence[str] | None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        prog='python -m tools.benchmarks.speed.gpu', description=__doc__
    )
    parser.add_argument('--one-shot', default=ONE_SHOT, help='config of a one-shot network')
    parser.add_argument('--crops', default=CROPS, help='config with a Re-ID network')
    parser.add_argument('--sizes', nargs='+', default=SIZES, metavar='WIDTHxHEIGHT')
    parser.add_argument('--batches', nargs='+', type=int, default=[1, 8])
    parser.add_argument('--frames', type=int, default=50, help='batches that are timed')
    parser.add_argument('--people', type=int, default=30, help='people a frame')
    parser.add_argument('--tasks', type=int, default=6, help='tasks of a step of training')
    parser.add_argument('--steps', type=int, default=10, help='steps of training')
    parser.add_argument(
        '--seconds', type=float, default=400, help='start no other measurement after so long'
    )
    parser.add_argument('--out', type=Path, metavar='FILE.md', help='Markdown file to write')
    return parser.parse_args(argv)


def half() -> str:
    """Return the half precision of the device."""
    return 'bf16' if get_device() == 'cpu' else 'fp16'


def frame_rows(args: argparse.Namespace, end: float) -> Iterator[list[str]]:
    """Yield the rows of frames: batches and precisions of both networks at all sizes."""
    ways: list[tuple[str, bool]] = [('fp32', False), (half(), False), (half(), True)]
    for name, file, measure in (
        ('one-shot', args.one_shot, time_frames),
        ('crops', args.crops, time_crops),
    ):
        config = Config.fromfile(file)
        for size in args.sizes:
            width, height = (int(each) for each in size.split('x'))
            for batch in args.batches:
                for precision, last in ways:
                    label = [name, size, str(batch), precision + ', channels last' * last]
                    if time.monotonic() > end:
                        yield [*label, 'no time left', '', '', '']
                        continue
                    seconds: Any = measure(
                        config, (width, height), args.people, args.frames, precision, batch, last
                    )['end to end']
                    middle, high, highest = np.percentile(1000 * np.array(seconds), (50, 90, 99))
                    rate = f'{batch / np.mean(seconds):.3g}'
                    yield [*label, rate, f'{middle:.2f}', f'{high:.2f}', f'{highest:.2f}']


def step_rows(args: argparse.Namespace, end: float) -> Iterator[list[str]]:
    """Yield the rows of steps of training on tasks of crops, plain and with inner loops."""
    learner, inputs, samples = _tasks(args)
    plain = 0.0
    for name in STEPS:
        if time.monotonic() > end:
            yield [name, 'no time left', '']
            continue
        seconds = [step(learner, inputs, samples, VARIANTS[name]) for _ in range(args.steps + 1)]
        median = float(np.median(seconds[1:]))  # the first step warms up
        plain = plain or median
        yield [name, f'{1 / median:.3g}', f'{median / plain:.2f}']


def feature_difference(args: argparse.Namespace) -> str:
    """Return a sentence on the features of half precision beside those of single precision."""
    learner, inputs, _ = _tasks(args)
    crops = inputs.flatten(0, 2)
    model: Any = learner.eval()
    feats = {}
    with torch.no_grad():
        for precision in ('fp32', half()):
            model.test_precision = precision
            feats[precision] = model.extract_crop_feats(crops)
    single, other = feats['fp32'], feats[half()]
    largest = float((single - other).norm(dim=1).div(single.norm(dim=1)).max())
    cosine = float(torch.cosine_similarity(single, other).min())
    return (
        f'Features of {len(crops)} crops in {half()}: at most {largest:.2e} of their length from '
        f'those in fp32, cosine at least {cosine:.6f} (random weights).\n'
    )


def distributed_step(args: argparse.Namespace) -> str:
    """Take a step in a distributed group of one process and return a sentence on it."""
    from torch import distributed

    backend = 'gloo' if get_device() == 'cpu' else 'nccl'
    learner, inputs, samples = _tasks(args)
    with tempfile.TemporaryDirectory() as folder:
        store = f'file://{folder}/store'
        distributed.init_process_group(backend, init_method=store, rank=0, world_size=1)
        try:
            wrapped = torch.nn.parallel.DistributedDataParallel(
                learner, find_unused_parameters=True
            )
            learner.set_inner_loop(VARIANTS['second order, 1 step'])
            model: Any = learner
            synchronize()
            start = time.perf_counter()
            loss, _ = model.parse_losses(wrapped(inputs, samples, mode='loss'))
            loss.backward()
            synchronize()
            seconds = time.perf_counter() - start
        finally:
            distributed.destroy_process_group()
    return (
        f'{backend}, one rank: a step in {1000 * seconds:.1f} ms, loss {float(loss.detach()):.4f}.'
    )


def _tasks(args: argparse.Namespace) -> tuple[Any, torch.Tensor, list[Any]]:
    """Return the learner of the config of crops, and tasks of noise with their annotation."""
    config = Config.fromfile(args.crops)
    config.model.reid.backbone.init_cfg = None  # no download
    torch.manual_seed(0)
    ways, support, query = TASK
    size = image_size(config)
    shape = (args.tasks, ways, support + query, 3, size[1], size[0])
    samples = [random_task(ways, support, support + query, size) for _ in range(args.tasks)]
    return build(config), torch.randn(shape, device=get_device()), samples


if __name__ == '__main__':
    main()
