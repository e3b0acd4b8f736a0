"""Measure one part of the chain in a process of its own: a test, training, start or demo.

The Runner or the tracker is that of the package that is imported, with a config of its checkout.
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

PARTS = ('test', 'train', 'start', 'video', 'busy', 'demo')
WARM_UP = 5
"""Iterations of a test or training that are left out."""


def main(argv: Sequence[str] | None = None) -> None:
    """Measure from the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('part', choices=PARTS)
    parser.add_argument('config', help='config, relative to configs/')
    parser.add_argument('--options', default='{}', help='JSON of values of the config')
    parser.add_argument('--source', help='of frames, for a start')
    parser.add_argument('--iterations', type=int, help='of a training')
    parser.add_argument('--cores', type=int, help='that a video may use; default: all')
    parser.add_argument('--epochs', type=int, help='of the trainings of a demo')
    parser.add_argument('--json', type=Path, required=True)
    args = parser.parse_args(argv)
    measures = {'start': _start, 'video': _video, 'busy': _busy, 'demo': _demo}
    values = measures.get(args.part, _run)(args)
    args.json.write_text(json.dumps(values), encoding='utf-8')


def _config_file(name: str) -> Path:
    import mmmaml

    return Path(mmmaml.__file__).resolve().parents[1] / 'configs' / name


def _start(args: argparse.Namespace) -> dict[str, Any]:
    begin = time.perf_counter()
    from mmmaml.apis import MOTInferencer

    inferencer = MOTInferencer(_config_file(args.config), cfg_options=json.loads(args.options))
    next(inferencer.track(args.source))
    return {
        'processor': time.process_time(),  # since the process began
        'wall': time.perf_counter() - begin,
        'memory': _peak_memory(),
    }


def _video(args: argparse.Namespace) -> dict[str, Any]:
    """Run the command that tracks, as anybody would, and writes a video."""
    config = _config_file(args.config)
    root = config.parents[2]
    if args.cores:
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[: args.cores])
    with tempfile.TemporaryDirectory() as folder:
        options = ['--config', str(config), '--out-dir', folder]
        before, begin = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
        subprocess.run(
            [sys.executable, root / 'tools' / 'track.py', args.source, *options],
            env={**os.environ, 'PYTHONPATH': str(root)},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            check=True,
        )
        wall = time.perf_counter() - begin
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    processor = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return {'processor': processor, 'wall': wall, 'memory': after.ru_maxrss / 2**10}


def _busy(args: argparse.Namespace) -> dict[str, Any]:
    from tools.benchmarks.speed.chain.busy import time_busy

    return time_busy(_config_file(args.config), args.iterations)


def _demo(args: argparse.Namespace) -> dict[str, Any]:
    """Run the demo's program, from its data to its table and videos."""
    checkout = _config_file(args.config).parents[2]
    with tempfile.TemporaryDirectory() as folder:
        options = ['--out', folder, '--epochs', str(args.epochs)]
        environment = {**os.environ, 'PYTHONPATH': str(checkout)}
        command = [sys.executable, str(checkout / 'tools' / 'demo.py'), *options]
        begin = time.perf_counter()
        subprocess.run(command, env=environment, check=True, stdout=subprocess.DEVNULL)
        wall = time.perf_counter() - begin
        scores = json.loads((Path(folder) / 'metrics.json').read_text(encoding='utf-8'))
    results = {row: runs[0]['overall']['IDF1'] for row, runs in scores.items()}
    return {'wall': wall, 'results': results}


def _run(args: argparse.Namespace) -> dict[str, Any]:
    import torch
    from mmengine.config import Config
    from mmengine.registry import RUNNERS

    from mmmaml.utils import register_all_modules

    torch.set_num_threads(1)
    register_all_modules(init_default_scope=False)
    config = Config.fromfile(_config_file(args.config))
    config.merge_from_dict(json.loads(args.options))
    config.default_hooks.logger.interval = 10**6
    # What is measured is in one process: that of a worker would be missing.
    for loader in (config.train_dataloader, config.test_dataloader):
        loader.num_workers, loader.persistent_workers = 0, False
    with tempfile.TemporaryDirectory() as folder:
        config.work_dir = folder
        if args.part == 'train':
            config.train_cfg = {'type': 'IterBasedTrainLoop', 'max_iters': args.iterations}
            config.default_hooks.checkpoint = {'type': 'CheckpointHook', 'interval': -1}
            config.log_processor.by_epoch = False
            config.param_scheduler = None
            config.randomness = {'seed': 0}
        else:
            config.train_cfg = config.train_dataloader = config.optim_wrapper = None
            config.param_scheduler = None
            config.custom_hooks = []
        runner = RUNNERS.build(config)
        watch = _watch(args.part)
        # Before other hooks: the last iteration of a training fills the task memory.
        runner.register_hook(watch, priority='VERY_HIGH')
        if args.part == 'train':
            runner.train()
        else:
            torch.manual_seed(0)
            runner.model.init_weights()
            runner.test()
    return watch.values()


def _watch(part: str) -> Any:
    from mmengine.hooks import Hook

    class Watch(Hook):
        """Clock of the iterations after the first few, and what they gave."""

        def __init__(self) -> None:
            self.count = 0
            self.ticks: list[tuple[float, float]] = []
            self.results: list[Any] = []
            self.memory: list[float] = []

        def tick(self) -> None:
            self.ticks.append((time.process_time(), time.perf_counter()))
            self.memory.append(_peak_memory())

        def after_train_iter(
            self, runner: Any, batch_idx: int, data_batch: Any = None, outputs: Any = None
        ) -> None:
            """Note the time and the losses."""
            self.tick()
            self.results.append({key: float(value) for key, value in outputs.items()})

        def after_test_iter(
            self, runner: Any, batch_idx: int, data_batch: Any = None, outputs: Any = None
        ) -> None:
            """Note the time and the tracks."""
            self.tick()
            tracks = outputs[0][0].pred_track_instances
            self.results.append(
                {'ids': tracks.instances_id.tolist(), 'bboxes': tracks.bboxes.tolist()}
            )

        def values(self) -> dict[str, Any]:
            """Return seconds an iteration, and their results."""
            (first, begin), (last, end) = self.ticks[WARM_UP - 1], self.ticks[-1]
            number = len(self.ticks) - WARM_UP
            return {
                'processor': (last - first) / number,
                'wall': (end - begin) / number,
                'memory': self.memory[-1],
                'memory_halfway': self.memory[len(self.memory) // 2],
                'results': self.results,
            }

    return Watch()


def _peak_memory() -> float:
    """Return the most memory (MiB) that this process has had resident."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / 2**20 if sys.platform == 'darwin' else peak / 2**10


if __name__ == '__main__':
    main()
