"""Run of the demo, once its options are read: trains, tracks and scores."""

import json
import statistics
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mmengine.config import Config
from rich.console import Console
from rich.table import Table

from mmmaml.config_files import find_config
from mmmaml.utils import write_text

from .demo_data import DemoData, generated_data, given_data
from .demo_steps import draw_step, track_step, train_step
from .side_by_side import Job, Steps, available_cores

METRICS = ('MOTA', 'IDF1', 'HOTA', 'AssA', 'IDs')
COUNTS = ('IDs',)
MOST_JOBS = 2
"""Jobs side by side if nothing else is asked for: each training keeps up to 600 MB of frames."""
Scores = dict[str, Any]


@dataclass(frozen=True)
class Variant:
    """A row of the table: its training and its online adaptation.

    Attributes:
        key: Folder of its results.
        name: What the table calls it.
        training: Name of its config.
        adapted: Whether tracks adapt online.
    """

    key: str
    name: str
    training: str
    adapted: bool


PLAIN, META = 'plain-reid_r18_demo', 'maml-mot_r18_demo'
VARIANTS = (
    Variant('plain', 'plain embedding', PLAIN, False),
    Variant('plain_adapted', 'plain embedding, adapted online', PLAIN, True),
    Variant('meta', 'meta-trained, not adapted online', META, False),
    Variant('meta_adapted', 'meta-trained, adapted online', META, True),
)
SHOWN = VARIANTS[-1]


def run(
    data_dir: Path | None,
    out: Path,
    num_seeds: int = 1,
    epochs: int | None = None,
    num_jobs: int | None = None,
) -> dict[str, list[Scores]]:
    """Run the demo.

    Args:
        data_dir: Folder in the MOTChallenge layout, None to generate data.
        out: Folder of all outputs.
        num_seeds: Trainings of each kind.
        epochs: Length of a training, None for that of the config.
        num_jobs: Steps side by side, None for as many as there are cores, at most ``MOST_JOBS``.

    Returns:
        For each variant the scores of each seed, as in ``metrics.json``.

    Raises:
        FileNotFoundError: The folder has no sequences, or one lacks a file.
        ValueError: A file of the folder is malformed.
        JobError: A step failed; those beside it were stopped.
    """
    if num_jobs is None:
        num_jobs = min(available_cores(), MOST_JOBS)
    trainings = {variant.training for variant in VARIANTS}
    steps = Steps(2 + (len(trainings) + len(VARIANTS)) * num_seeds, out / 'log.txt', num_jobs)
    with steps.step('data') as advance:
        if data_dir is None:
            data = generated_data(out / 'data', advance)
        else:
            data = given_data(data_dir, out / 'annotations')
    jobs = [job for seed in range(num_seeds) for job in jobs_of(seed, data, out, epochs)]
    first = out / 'seed0'
    drawing = (data, first / SHOWN.training, first / SHOWN.key, out)
    results = steps.run([*jobs, Job('draw', 'draw', draw_step, drawing, f'{SHOWN.key}, 0')])
    scores = {
        variant.key: [results[f'{variant.key}, {seed}'] or {} for seed in range(num_seeds)]
        for variant in VARIANTS
    }
    report(scores, out, steps.console)
    return scores


def jobs_of(seed: int, data: DemoData, out: Path, epochs: int | None = None) -> list[Job]:
    """List the trainings and tests of a seed; a test begins when its training has ended."""
    folder = out / f'seed{seed}'
    jobs: list[Job] = []
    for variant in VARIANTS:
        config = load_config(variant, data, epochs)
        training = f'{variant.training}, {seed}'
        if all(job.key != training for job in jobs):
            name = f'train {variant.training}, seed {seed}'
            inputs = config, folder / variant.training, seed
            jobs.append(Job(training, name, train_step, inputs))
        name = f'track with {variant.name}, seed {seed}'
        arguments = (config, folder / variant.key, folder / variant.training)
        jobs.append(Job(f'{variant.key}, {seed}', name, track_step, arguments, training))
    return jobs


def load_config(variant: Variant, data: DemoData, epochs: int | None = None) -> Config:
    """Make the config of a variant on some data, quiet on the terminal."""
    config = Config.fromfile(find_config(variant.training))
    data.configure(config)
    config.log_level = 'WARNING'
    if epochs is not None:
        config.train_cfg.max_epochs = epochs
        config.param_scheduler[0].T_max = epochs
    if not variant.adapted:
        config.model.tracker.adapt = False
    return config


def report(scores: dict[str, list[Scores]], out: Path, console: Console) -> None:
    """Show the table, and write it as Markdown and JSON."""
    write_text(out / 'metrics.json', json.dumps(scores, indent=1) + '\n')
    (out / 'metrics.md').unlink(missing_ok=True)  # of an earlier run
    where = f'All outputs are in {out}: videos/, learning_curves.png, metrics.json'
    if not all(all(runs) for runs in scores.values()):
        console.print('No ground truth for the held-out sequences: nothing to score.')
        console.print(where, soft_wrap=True)
        return
    sequences = list(scores[SHOWN.key][0]['sequences'])
    header = ['', *METRICS, *(f'IDF1 {name}' for name in sequences)]
    rows = []
    for variant in VARIANTS:
        runs = scores[variant.key]
        cells = [summary([r['overall'][m] for r in runs], m in COUNTS) for m in METRICS]
        cells += [summary([r['sequences'][s]['IDF1'] for r in runs], False) for s in sequences]
        rows.append([variant.name, *cells])
    table = Table()
    for number, column in enumerate(header):
        table.add_column(column, justify='right' if number else 'left')
    for row in rows:
        table.add_row(*row)
    console.print(table)
    rule = ['---', *['---:'] * (len(header) - 1)]
    lines = [f'| {" | ".join(cells)} |' for cells in (header, rule, *rows)]
    write_text(out / 'metrics.md', '\n'.join(lines) + '\n')
    console.print(f'{where}, metrics.md', soft_wrap=True)


def summary(values: list[float], count: bool) -> str:
    """Mean, and standard deviation over the seeds where there are several."""
    factor, digits = (1, 0) if count else (100, 1)
    values = [factor * value for value in values]
    mean = f'{statistics.mean(values):.{digits}f}'
    return mean if len(values) == 1 else f'{mean} ± {statistics.stdev(values):.1f}'
