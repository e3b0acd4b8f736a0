"""Run of demo.py, once its options are read: trains, tracks and scores."""

import json
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mmengine.config import Config
from mmengine.hooks import Hook
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from mmmaml.apis import track, train
from mmmaml.config_files import find_config
from mmmaml.utils import write_text
from mmmaml.utils.mot_files import FRAME, read_rows
from mmmaml.visualization import plot_training_curves, render_video

from .demo_data import DemoData, generated_data, given_data

METRICS = ('MOTA', 'IDF1', 'HOTA', 'AssA', 'IDs')
COUNTS = ('IDs',)
Advance = Callable[[int, int], None]
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


class BadDataError(ValueError):
    """The folder of ``--data`` cannot be used."""


class ProgressHook(Hook):
    """Reports iterations of training and testing to a progress bar."""

    def __init__(self, advance: Advance) -> None:
        self.advance = advance

    def after_train_iter(self, runner: Any, *args: object, **kwargs: object) -> None:
        """Report the iterations done."""
        self.advance(runner.iter + 1, runner.max_iters)

    def after_test_iter(self, runner: Any, batch_idx: int, *args: object, **kw: object) -> None:
        """Report the frames done."""
        self.advance(batch_idx + 1, len(runner.test_dataloader))


class Steps:
    """Numbered steps of a program, each with a progress bar and its time.

    What libraries print meanwhile goes to a log file.
    """

    def __init__(self, total: int, log: Path) -> None:
        self.console = Console(file=sys.stdout)
        self.total, self.number = total, 0
        log.parent.mkdir(parents=True, exist_ok=True)
        # Open to the end: loggers that a step makes write to it in later steps, too.
        self.log = log.open('w', encoding='utf-8', buffering=1)

    @contextmanager
    def step(self, name: str) -> Iterator[Advance]:
        """Show a step; yields a function of what is done and of all there is to do."""
        self.number += 1
        label = f'[{self.number}/{self.total}] {name}'
        columns = TextColumn('{task.description}'), BarColumn(), MofNCompleteColumn()
        start = time.monotonic()
        with (
            Progress(*columns, TimeRemainingColumn(), console=self.console, transient=True) as bar,
            redirect_stdout(self.log),
            redirect_stderr(self.log),
        ):
            task = bar.add_task(label, total=None)
            yield lambda done, total: bar.update(task, completed=done, total=total)
        self.console.print(f'{label}: {time.monotonic() - start:.0f} s', highlight=False)


def run(
    data_dir: Path | None, out: Path, num_seeds: int = 1, epochs: int | None = None
) -> dict[str, list[Scores]]:
    """Run the demo.

    Args:
        data_dir: Folder in the MOTChallenge layout, None to generate data.
        out: Folder of all outputs.
        num_seeds: Trainings of each kind.
        epochs: Length of a training, None for that of the config.

    Returns:
        For each variant the scores of each seed, as in ``metrics.json``.

    Raises:
        BadDataError: The folder holds no sequences, or one that cannot be read.
    """
    trainings = {variant.training for variant in VARIANTS}
    steps = Steps(2 + (len(trainings) + len(VARIANTS)) * num_seeds, out / 'log.txt')
    with steps.step('data') as advance:
        if data_dir is None:
            data = generated_data(out / 'data', advance)
        else:
            try:
                data = given_data(data_dir, out / 'annotations')
            except (FileNotFoundError, ValueError) as error:
                raise BadDataError(str(error)) from error
    scores: dict[str, list[Scores]] = {variant.key: [] for variant in VARIANTS}
    for seed in range(num_seeds):
        checkpoints: dict[str, Path] = {}
        for variant in VARIANTS:
            config = load_config(variant, data, epochs)
            folder = out / f'seed{seed}'
            if variant.training not in checkpoints:
                with steps.step(f'train {variant.training}, seed {seed}') as advance:
                    hooks = (ProgressHook(advance),)
                    checkpoint = train(config, folder / variant.training, seed, hooks)
                checkpoints[variant.training] = checkpoint
            with steps.step(f'track with {variant.name}, seed {seed}') as advance:
                hooks = (ProgressHook(advance),)
                result = track(config, checkpoints[variant.training], folder / variant.key, hooks)
            scores[variant.key].append(result or {})
    with steps.step('draw') as advance:
        draw(data, out, advance)
    report(scores, out, steps.console)
    return scores


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


def draw(data: DemoData, out: Path, advance: Advance) -> None:
    """Write videos of the held-out sequences and the learning curves, of the first seed."""
    first = out / 'seed0'
    log = max((first / SHOWN.training).glob('*/vis_data/scalars.json'))
    plot_training_curves(log, out / 'learning_curves.png')
    for sequence, start in data.test.sequences().items():
        rows = read_rows(first / SHOWN.key / 'results' / f'{sequence.name}.txt')
        rows[:, FRAME] += start - 1
        frames = range(start, sequence.num_frames + 1)
        render_video(
            sequence,
            rows,
            out / 'videos' / f'{sequence.name}.mp4',
            frames=frames,
            on_frame=lambda frame, frames=frames: advance(frame - frames.start + 1, len(frames)),
        )


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
