"""Training and tracking as functions: what a study repeats for every seed and variant."""

import json
import os
import uuid
from pathlib import Path
from typing import Any

from mmengine.config import Config
from mmengine.hooks import Hook

from mmmaml.registry import RUNNERS
from mmmaml.utils import register_all_modules


def train(
    config: Config, work_dir: str | os.PathLike, seed: int = 0, hooks: tuple[Hook, ...] = ()
) -> Path:
    """Train the model of a config.

    Args:
        config: Config; it is not changed.
        work_dir: Folder of logs and checkpoints.
        seed: Seed of the weights and of the order of tasks.
        hooks: Hooks beside those of the config, e.g. for a progress bar.

    Returns:
        The last checkpoint.
    """
    runner = _runner(config, work_dir, seed)
    for hook in hooks:
        runner.register_hook(hook)
    runner.train()
    return Path((Path(work_dir) / 'last_checkpoint').read_text().strip())


def track(
    config: Config,
    checkpoint: str | os.PathLike,
    work_dir: str | os.PathLike,
    hooks: tuple[Hook, ...] = (),
) -> dict[str, Any] | None:
    """Track the test sequences of a config and score them where there is ground truth.

    Args:
        config: Config with a ``MOTMetric`` as ``test_evaluator``; it is not changed.
        checkpoint: Weights.
        work_dir: Folder of what ``MOTMetric`` writes: ``results/SEQ.txt``, ``metrics.json`` ...
        hooks: Hooks beside those of the config.

    Returns:
        ``overall`` and ``sequences`` as in ``metrics.json``, None where nothing was scored.
    """
    config = Config(config.to_dict())
    config.load_from = str(checkpoint)
    config.test_evaluator.outdir = str(work_dir)
    scores = Path(work_dir) / 'metrics.json'
    scores.unlink(missing_ok=True)
    runner = _runner(config, work_dir)
    for hook in hooks:
        runner.register_hook(hook)
    runner.test()
    return json.loads(scores.read_text()) if scores.is_file() else None


def _runner(config: Config, work_dir: str | os.PathLike, seed: int = 0) -> Any:
    register_all_modules(init_default_scope=False)
    config = Config(config.to_dict())
    config.work_dir = str(work_dir)
    config.randomness = {**config.get('randomness', {}), 'seed': seed}
    # MMEngine keeps one logger, visualizer and message hub a name, for as long as Python runs.
    config.experiment_name = f'{Path(work_dir).name}_{uuid.uuid4().hex[:8]}'
    return RUNNERS.build(config)
