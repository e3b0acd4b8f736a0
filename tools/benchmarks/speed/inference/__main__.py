"""Time a tracking network: frames per second, by stage; a one-shot network's training as well.

Frames go through the network of a config, decoding and the tracker; of a config with a Re-ID
network, the boxes of the people are cut from them instead. Images are noise, which takes the
network as long as any other. People are simulated: a one-shot network's highest peaks give as many
boxes and features as there are people, and the tracker gets as many who walk, so that neither
weights nor data are needed.
"""

import argparse
import platform
from collections.abc import Iterator, Sequence
from pathlib import Path

from mmmaml.command_line import on_interrupt  # isort: skip

import numpy as np
import torch
from mmengine.config import Config
from mmengine.device import get_device

from mmmaml.commands.arguments import add_cfg_options
from mmmaml.utils import register_all_modules, write_text
from tools.benchmarks.speed.inference.timing import (
    PRECISIONS,
    time_crops,
    time_frames,
    time_training,
)
from tools.benchmarks.speed.sizes import frame_size

STAGES = ('input', 'crops', 'network', 'decoding', 'tracker', 'end to end')


def main(argv: Sequence[str] | None = None) -> None:
    """Measure from the command line."""
    args = parse_args(argv)
    on_interrupt('the tables are shown and written at the end')
    register_all_modules()
    config = Config.fromfile(args.config)
    config.merge_from_dict(args.cfg_options)
    size = tuple(args.size or frame_size(config))
    lines = [
        f'{size[0]}x{size[1]}, {args.batch} frame{"s" * (args.batch > 1)} at a time, '
        f'{args.people} people, {args.frames} times; '
        f'{device_name()}, torch {torch.__version__}.',
        '',
        *frame_rows(config, size, args),
    ]
    if args.train_batch:
        lines += ['', *training_rows(config, size, args)]
    text = '\n'.join(lines) + '\n'
    print(text, end='')
    if args.out is not None:
        write_text(args.out, text)


def parse_args(argv: Sequence[str] | None) -> argparse.Namespace:
    """Read the command line."""
    on_gpu = torch.cuda.is_available()
    parser = argparse.ArgumentParser(
        prog='python -m tools.benchmarks.speed.inference', description=__doc__
    )
    parser.add_argument('config', help='config of a MAMLMOT model')
    parser.add_argument('--frames', type=int, default=100, help='batches that are timed')
    parser.add_argument('--batch', type=int, default=1, help='frames a batch')
    parser.add_argument(
        '--channels-last', action='store_true', help='order of numbers in memory; for GPUs'
    )
    parser.add_argument('--people', type=int, default=30, help='people a frame')
    parser.add_argument(
        '--precisions',
        nargs='+',
        choices=PRECISIONS,
        default=['fp32', 'fp16'] if on_gpu else ['fp32'],
        help='of the network; default: fp32, on a GPU fp16 as well',
    )
    parser.add_argument(
        '--train-batch', type=int, default=0, help='also time joint training, frames a step'
    )
    parser.add_argument('--train-steps', type=int, default=10, help='steps that are timed')
    parser.add_argument(
        '--size', type=int, nargs=2, metavar=('WIDTH', 'HEIGHT'), help="other than the config's"
    )
    add_cfg_options(parser)
    parser.add_argument('--out', type=Path, help='Markdown file to write')
    return parser.parse_args(argv)


def frame_rows(config: Config, size: tuple[int, int], args: argparse.Namespace) -> Iterator[str]:
    """Yield the lines of a table of the stages of a frame."""
    yield '| precision | stage | frames/s | ms, median | 90 % | 99 % |'
    yield '|---|---|---:|---:|---:|---:|'
    for precision in args.precisions:
        time = time_crops if 'reid' in config.model else time_frames
        options = (args.people, args.frames, precision, args.batch, args.channels_last)
        seconds = time(config, size, *options)
        for stage in [each for each in STAGES if each in seconds]:
            times = 1000 * np.array(seconds[stage])
            low, high, highest = np.percentile(times, (50, 90, 99))
            rate = 1000 * args.batch / times.mean()
            yield (
                f'| {precision} | {stage} | {rate:.3g} | {low:.2f} | {high:.2f} | {highest:.2f} |'
            )


def training_rows(
    config: Config, size: tuple[int, int], args: argparse.Namespace
) -> Iterator[str]:
    """Yield the lines of a table of joint training."""
    yield '| precision | frames a training step | steps/s | frames/s |'
    yield '|---|---:|---:|---:|'
    for precision in args.precisions:
        seconds = time_training(
            config, size, args.people, args.train_batch, args.train_steps, precision
        )
        rate = 1 / float(np.median(seconds))
        batch = args.train_batch
        yield f'| {precision} | {batch} | {rate:.3g} | {batch * rate:.3g} |'


def device_name() -> str:
    """Return the maker's name of the GPU or CPU."""
    if get_device() != 'cpu':
        return torch.cuda.get_device_name()
    info = Path('/proc/cpuinfo')
    lines = info.read_text().splitlines() if info.is_file() else []
    names = [line.split(':', 1)[1].strip() for line in lines if line.startswith('model name')]
    threads = torch.get_num_threads()
    counted = f'{threads} threads' if threads > 1 else 'one thread, processor time'
    return f'{(names or [platform.processor()])[0]}, {counted}'


if __name__ == '__main__':
    main()
