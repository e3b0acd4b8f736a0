"""Bits of a training, the same from the same seed for any number of loading workers."""

import tempfile
from pathlib import Path

from mmengine.config import Config

from tools.benchmarks.common.presets import Preset
from tools.benchmarks.common.tables import table
from tools.benchmarks.reliability.processes import in_ranks
from tools.benchmarks.reliability.run import DESCRIPTION, GRADIENT, config_of, digest, train

WORKERS = (0, 1, 4)


def digests(preset: Preset, epochs: int) -> dict[str, str]:
    """Train; return digests of weights, buffers and tasks kept at the end, by workers."""
    with tempfile.TemporaryDirectory() as folder:

        def result(workers: int, seed: int = 0) -> str:
            config = config_of(
                preset,
                Path(folder),
                GRADIENT,
                train_cfg__max_epochs=epochs,
                train_dataloader__num_workers=workers,
                default_hooks__checkpoint=None,
            )
            config.randomness.seed = seed
            return in_ranks(_train, 1, config)[0]

        results = {str(workers): result(workers) for workers in WORKERS}
        results['0, again'] = result(0)
        results['0, another seed'] = result(0, seed=1)
    return results


def _train(config: Config) -> str:
    return digest(train(config))


def section(preset: Preset) -> str:
    """Write the section of the page."""
    epochs = {'small': 1, 'full': 5}[preset]
    rows = [[name, f'`{result}`'] for name, result in digests(preset, epochs).items()]
    return (
        f'{DESCRIPTION}\n{epochs} epochs through the Runner; the digest is taken over the bits of '
        'all weights, running statistics\nand the task memory.\n\n'
        f'{table(["workers", "digest"], rows)}'
    )
