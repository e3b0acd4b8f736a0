"""Trainings on images of people, training sets and comparisons.

To add a training, add a row to its table here; nothing else changes.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from tools.benchmarks.evidence.presets import Run
from tools.benchmarks.evidence.variants import ONLINES, Training, TrainingSet

SHIFT = {'type': 'ShiftTaskAppearance'}
PLAIN, META = 'plain-reid', 'maml-mot'
BOTH = 'mean', 'default'
"""Online variants of the evidence: not adapted, and adapted as by default."""


@dataclass(frozen=True)
class FolderTraining(Training):
    """A way to train on images of people.

    Attributes:
        config: First part of the name of a config of ``configs/reid_folder``.
        augment: Transforms after cutting and mirroring; None takes those of the config.
        people: Arguments of ``PersonFolderDataset``.
        sets: Keys of the training sets; None means all.
        seeds: Trainings with different seeds at most.
    """

    onlines: tuple[str, ...] = BOTH
    augment: tuple[dict[str, Any], ...] | None = None
    people: dict[str, Any] = field(default_factory=dict)
    sets: tuple[str, ...] | None = None
    seeds: int = 5


@dataclass(frozen=True)
class PeopleSet(TrainingSet):
    """A share of the people, and the size of the images.

    Attributes:
        size: Height and width of the crops.
    """

    size: tuple[int, int] = (64, 32)


SCARCE = 3 / 14
"""Length of a training on few images, as a share of that on all, which is one epoch."""

SETS = {
    each.key: each
    for each in (
        PeopleSet('s40', '40 people, 4 images each', 40, 4, SCARCE),
        PeopleSet('s100', '100 people, 4 images each', 100, 4, SCARCE),
        PeopleSet('full', '551 people, all images'),
        PeopleSet('s40_128', '40 people, 4 images each, 128x64', 40, 4, SCARCE, (128, 64)),
        PeopleSet('s100_128', '100 people, 4 images each, 128x64', 100, 4, SCARCE, (128, 64)),
    )
}
MAIN = {
    each.key: each
    for each in (
        FolderTraining('plain', 'plain', PLAIN),
        FolderTraining('plain_shifted', 'plain, with shifted appearance', PLAIN, augment=(SHIFT,)),
        FolderTraining('meta', 'meta (default)', META),
    )
}
ERASE = {'type': 'RandomEraseCrop', 'prob': 0.5}
TASKS = 'train_dataloader.dataset.'
HEAD = 'model.reid.head.'
DEMO = {f'{TASKS}num_support': 4, f'{TASKS}num_ways': 8}
QUERY = {f'{HEAD}query_loss_weight': 1.0, f'{HEAD}plain_loss_weight': 0.3}
ATTEMPTS = {
    each.key: replace(each, sets=('s40',), seeds=1)
    for each in (
        FolderTraining('q1', 'meta, query loss before the plain one', META, options=QUERY),
        FolderTraining('k4', 'meta, tasks of the demo', META, options=DEMO),
        FolderTraining('k4_plain', 'plain, tasks of the demo', PLAIN, options=DEMO),
        FolderTraining(
            'k4_q1',
            'meta, tasks of the demo, query loss before the plain one',
            META,
            options={**DEMO, **QUERY},
        ),
        FolderTraining(
            'k4_erase',
            'meta, tasks of the demo, rectangles erased',
            META,
            options=DEMO,
            augment=(SHIFT, ERASE),
        ),
    )
}
"""Tried with fewer seeds, on some sets."""

TRAININGS = {**MAIN, **ATTEMPTS}


def runs(seeds: int, sets: Sequence[str]) -> list[Run]:
    """List all trainings; those of the first sets come first, of each those of the first seed."""
    return [
        Run(training, SETS[key], seed, tuple(ONLINES[online] for online in training.onlines))
        for key in sets
        for seed in range(seeds)
        for training in TRAININGS.values()
        if seed < training.seeds and (training.sets is None or key in training.sets)
    ]
