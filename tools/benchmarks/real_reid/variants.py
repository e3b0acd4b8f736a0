"""Trainings on images of people, training sets and comparisons.

To add a training, add a row to its table here; nothing else changes.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
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
    """

    augment: tuple[dict[str, Any], ...] | None = None


@dataclass(frozen=True)
class PeopleSet(TrainingSet):
    """A share of the people, and the size of the images.

    Attributes:
        size: Height and width of the crops.
        trainings: Keys of its trainings, with the number of seeds of each at most.
    """

    size: tuple[int, int] = (64, 32)
    trainings: dict[str, int] = field(default_factory=lambda: dict.fromkeys(MAIN, 5))


SCARCE = 3 / 14
"""Length of a training on few images, as a share of that on all, which is one epoch."""

ERASE = {'type': 'RandomEraseCrop', 'prob': 0.5}
TASKS = 'train_dataloader.dataset.'
HEAD = 'model.reid.head.'
OCCLUDERS = [{'type': 'PasteOccluders', 'prob': 0.3}]
BOXES, IN_FRONT = f'{TASKS}dataset.pipeline.0.jitter', f'{TASKS}task_pipeline'
NOISY = {BOXES: 0.2, IN_FRONT: OCCLUDERS}
"""Boxes and occlusion of the meta-trained config."""
CLEAN = {BOXES: 0.05, IN_FRONT: []}
"""Those of the plain config."""

MAIN = {
    each.key: each
    for each in (
        FolderTraining('plain', 'plain', PLAIN),
        FolderTraining(
            'plain_noisy', 'plain, the same images', PLAIN, options=NOISY, augment=(SHIFT, ERASE)
        ),
        FolderTraining('meta', 'meta (default)', META),
    )
}
DEMO = {**CLEAN, f'{TASKS}num_support': 4, f'{TASKS}num_ways': 8}
QUERY = {f'{HEAD}query_loss_weight': 1.0, f'{HEAD}plain_loss_weight': 0.3}
ATTEMPTS = {
    each.key: each
    for each in (
        FolderTraining('clean', 'meta, clean crops', META, options=CLEAN, augment=(SHIFT,)),
        FolderTraining(
            'noshift', 'meta, clean crops as they are', META, options=CLEAN, augment=()
        ),
        FolderTraining(
            'erase',
            'meta, clean crops, erased',
            META,
            options=CLEAN,
            augment=(SHIFT, ERASE),
        ),
        FolderTraining(
            'plain_erase',
            'plain, clean crops, shifted and erased',
            PLAIN,
            augment=(SHIFT, ERASE),
        ),
        FolderTraining('no_paste', 'meta, nobody in front', META, options={IN_FRONT: []}),
        FolderTraining(
            'k2',
            'meta, clean crops, 2 support and 2 query images',
            META,
            options={**CLEAN, f'{TASKS}num_support': 2, f'{TASKS}num_query': 2},
            augment=(SHIFT,),
        ),
        FolderTraining(
            'k4', 'meta, clean crops, tasks of the demo', META, options=DEMO, augment=(SHIFT,)
        ),
        FolderTraining(
            'k4_q1',
            'meta, clean crops, tasks of the demo, query loss before the plain one',
            META,
            options={**DEMO, **QUERY},
            augment=(SHIFT,),
        ),
    )
}
"""Tried on some of the sets, some with fewer seeds."""

TRAININGS = {**MAIN, **ATTEMPTS}

NO_PASTE = dict.fromkeys((*MAIN, 'no_paste'), 5)
ATTEMPT_SEEDS = {'clean': 5, 'noshift': 3, 'erase': 5, 'plain_erase': 5, 'k2': 3}
ATTEMPT_SEEDS |= {'k4': 1, 'k4_q1': 1}
SETS = {
    each.key: each
    for each in (
        PeopleSet(
            's40',
            '40 people, 4 images each',
            40,
            4,
            SCARCE,
            trainings={**NO_PASTE, **ATTEMPT_SEEDS},
        ),
        PeopleSet('s100', '100 people, 4 images each', 100, 4, SCARCE, trainings=NO_PASTE),
        PeopleSet(
            's40_long',
            '40 people, 4 images each, longer',
            40,
            4,
            4 * SCARCE,
            trainings=NO_PASTE,
        ),
        PeopleSet('full', '551 people, all images'),
        PeopleSet('s40_128', '40 people, 4 images each, 128x64', 40, 4, SCARCE, (128, 64)),
        PeopleSet('s100_128', '100 people, 4 images each, 128x64', 100, 4, SCARCE, (128, 64)),
    )
}


def runs(seeds: int, sets: Sequence[str]) -> list[Run]:
    """List all trainings; those of the first sets come first, of each those of the first seed."""
    return [
        Run(TRAININGS[training], SETS[key], seed, tuple(ONLINES[online] for online in BOTH))
        for key in sets
        for seed in range(seeds)
        for training, most in SETS[key].trainings.items()
        if seed < most and training in TRAININGS
    ]
