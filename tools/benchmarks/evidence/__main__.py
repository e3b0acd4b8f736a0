"""Measure the gain of meta-training and online adaptation, and write the pages of evidence.

Trains each kind of network, with several seeds, on a full and on a scarce training set, and
measures each with several kinds of online adaptation on held-out sequences, with the appearance
of training and with shifted ones. A run that was stopped goes on where it was: finished
trainings are kept in the output folder.
"""

import argparse
import json
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from mmmaml.command_line import on_interrupt, one_sentence  # isort: skip

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from mmmaml.utils import write_text
from tools.benchmarks.common.workers import Advance, Workers
from tools.benchmarks.evidence.data import (
    EvidenceData,
    generated_evidence_data,
    given_evidence_data,
)
from tools.benchmarks.evidence.measure import MeasuringJob, measure_run
from tools.benchmarks.evidence.page import Page, write_page
from tools.benchmarks.evidence.presets import PRESETS, Preset, runs_of
from tools.benchmarks.evidence.summary import Evidence
from tools.benchmarks.evidence.training import TrainingJob, train_run

COMMAND = 'python -m tools.benchmarks.evidence'


def main(argv: Sequence[str] | None = None) -> None:
    """Measure from the command line."""
    parser = argparse.ArgumentParser(prog=COMMAND, description=__doc__)
    parser.add_argument(
        '--preset',
        choices=[*PRESETS],
        default='small',
        help='amount of training and measuring; tiny tries the tool alone',
    )
    parser.add_argument(
        '--data',
        type=Path,
        help='folder in the MOTChallenge layout to use instead of generated sequences: train/ '
        'and test/, both with ground truth',
    )
    parser.add_argument('--out-dir', type=Path, default=Path('outputs/evidence'))
    parser.add_argument(
        '--docs',
        type=Path,
        help='page to write, its appendix beside it; default: evidence.md in the output folder',
    )
    parser.add_argument('--workers', type=int, default=2, help='processes, of one thread each')
    args = parser.parse_args(argv)
    on_interrupt(
        f'finished trainings are kept in {args.out_dir}; the same command goes on from there'
    )
    if args.workers < 1:
        parser.error(f'--workers {args.workers} must be at least 1')
    given = [f'--{k} {v}' for k, v in (('data', args.data), ('docs', args.docs)) if v]
    script = f'{COMMAND} --preset {args.preset}'
    command = ' '.join([script, *given])
    page = args.docs or args.out_dir / 'evidence.md'
    with one_sentence(parser, kinds=()):
        run(PRESETS[args.preset], args.data, args.out_dir, page, args.workers, command)


def run(
    preset: Preset, data_dir: Path | None, out_dir: Path, page: Path, workers: int, command: str
) -> Evidence:
    """Train, measure and write.

    Args:
        preset: Amount of it.
        data_dir: Folder in the MOTChallenge layout, None to generate data.
        out_dir: Folder of data, trainings and raw numbers.
        page: The page to write.
        workers: Processes.
        command: Command line that the page names.
    """
    console, runs = Console(file=sys.stdout), runs_of(preset)
    with Workers(workers, out_dir / 'log.txt') as pool:
        with _stage(console, 'data') as advance:
            data = _data(preset, data_dir, out_dir, pool, advance)
        with _stage(console, f'{len(runs)} trainings') as advance:
            jobs = [TrainingJob(each, preset, data, out_dir / 'trainings') for each in runs]
            trained = []
            for each in pool.map(train_run, jobs):
                trained.append(each)
                advance(len(trained), len(jobs))
        with _stage(console, 'measurements') as advance:
            records = []
            measured = pool.map(measure_run, [MeasuringJob(each, data) for each in trained])
            for done, each in enumerate(measured, start=1):
                records += each
                advance(done, len(trained))
    records.sort(key=lambda each: (each['training'], each['training_set'], each['seed']))
    write_text(out_dir / 'evidence.json', json.dumps(records, indent=0) + '\n')
    evidence = Evidence(records, data.shifts)
    write_page(page, Page(command, preset, data), evidence)
    console.print(f'{page} is written; raw numbers are in {out_dir / "evidence.json"}')
    return evidence


def _data(
    preset: Preset, data_dir: Path | None, out_dir: Path, pool: Workers, advance: Advance
) -> EvidenceData:
    if data_dir is None:
        return generated_evidence_data(out_dir / 'data', preset, pool, advance)
    try:
        return given_evidence_data(data_dir, out_dir / 'annotations')
    except (FileNotFoundError, ValueError) as error:
        raise SystemExit(f'{COMMAND}: {error}') from error


@contextmanager
def _stage(console: Console, name: str) -> Iterator[Advance]:
    """Show a progress bar; yield a function of the jobs done and of all jobs."""
    columns = TextColumn('{task.description}'), BarColumn(), MofNCompleteColumn()
    start = time.monotonic()
    with Progress(*columns, TimeRemainingColumn(), console=console, transient=True) as bar:
        task = bar.add_task(name, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)
    console.print(f'{name}: {time.monotonic() - start:.0f} s', highlight=False)


if __name__ == '__main__':
    main()
