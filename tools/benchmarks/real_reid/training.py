"""One training on images of people, and its measurement on real video."""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mmengine.config import Config

from mmmaml.evaluation import AbsenceProtocol
from mmmaml.utils import register_all_modules, write_text
from tools.benchmarks.common.paths import CONFIGS
from tools.benchmarks.evidence.features import load_model
from tools.benchmarks.evidence.measure import measure_groups
from tools.benchmarks.evidence.presets import Run
from tools.benchmarks.evidence.training import Trained, set_length, set_options, train_once
from tools.benchmarks.real_reid.variants import FolderTraining, PeopleSet
from tools.benchmarks.real_reid.videos import cutter, groups_of, read_videos

BENCHMARK = 'MOT15'
ABSENCES = AbsenceProtocol(absences=(1.0, 2.0, 4.0))


@dataclass(frozen=True)
class Job:
    """A training to be done and measured.

    Attributes:
        run: Network, training set and seed.
        people: Folder of the images.
        videos: Folder of the real sequences.
        out_dir: Folder of trainings and crops.
        iterations: Length on the full set.
        options: Values of all configs, as for ``--cfg-options``.
    """

    run: Run
    people: Path
    videos: Path
    out_dir: Path
    iterations: int
    options: Mapping[str, Any]


def train_and_measure(job: Job) -> list[dict[str, Any]]:
    """Train and measure, unless the numbers of the same training are there."""
    register_all_modules()
    trained = train_once(job.run, config_of(job), job.out_dir / 'trainings')
    path = trained.checkpoint.with_name('records.json')
    if not path.is_file():
        write_text(path, json.dumps(measure(trained, job)))
    return json.loads(path.read_text())


def measure(trained: Trained, job: Job) -> list[dict[str, Any]]:
    """Measure each online variant on the real videos; records as of the evidence."""
    run = trained.run
    size = run.training_set.size
    model = load_model(trained.config, trained.checkpoint, {})
    videos = read_videos(job.videos, cutter(size), job.out_dir / 'crops')
    seen = {name: video.seen_by(model, size) for name, video in videos.items()}
    tracker_cfg = trained.config.model.tracker
    whose = {
        'training': run.training.key,
        'training_set': run.training_set.key,
        'seed': run.seed,
    }
    records = [
        {**whose, 'online': online.key, **record}
        for online in run.onlines
        for record in measure_groups(
            seen, groups_of(videos), model.reid.head, online, tracker_cfg, BENCHMARK, ABSENCES
        )
    ]
    return with_errors(records)


def with_errors(records: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Add the errors after each absence, which the page has in place of accuracies."""
    accuracies = [each for each in records if each['metric'].startswith('accuracy_')]
    return records + [
        {**each, 'metric': each['metric'].replace('accuracy', 'error'), 'value': 1 - each['value']}
        for each in accuracies
    ]


def config_of(job: Job) -> Config:
    """Make the config of a run, quiet on the terminal."""
    training: FolderTraining = job.run.training
    wanted: PeopleSet = job.run.training_set
    height, width = wanted.size
    name = f'{training.config}_r18-{height}x{width}_market1501.py'
    config = Config.fromfile(CONFIGS / 'reid_folder' / name)
    people = config.train_dataloader.dataset.dataset
    people.update(
        data_root=str(job.people.resolve()),
        data_prefix={'img_path': ''},
        num_people=wanted.identities,
        images_per_person=wanted.samples,
        seed=job.run.seed,
    )
    if training.augment is not None:
        people.pipeline = [*people.pipeline[:2], *training.augment]
    set_options(config, job.run, job.options)
    set_length(config, math.ceil(job.iterations * wanted.length))
    return config
