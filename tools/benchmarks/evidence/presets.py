"""Presets, which set the amount of evidence, and the trainings of each."""

from dataclasses import dataclass, field, replace
from typing import Any

from tools.benchmarks.evidence.variants import (
    ONLINES,
    TRAINING_SETS,
    TRAININGS,
    Online,
    Training,
    TrainingSet,
)


@dataclass(frozen=True)
class Preset:
    """Amount of data, training and measuring.

    Attributes:
        seeds: Seeds of essential variants.
        ablation_seeds: Seeds of the other trainings and online variants.
        iterations: Length of a training on the full set.
        train_sequences: Generated sequences to train on.
        unshifted: Held-out sequences with the appearance of training.
        shifted: Held-out sequences of each shift.
        train_frames: Length of a sequence to train on, in frames.
        test_frames: Length of a held-out sequence.
        train_people: People in a sequence to train on.
        test_people: People in a held-out sequence.
        size: Width and height of the frames.
        options: Values of all configs, as for ``--cfg-options``.
    """

    seeds: int = 2
    ablation_seeds: int = 1
    iterations: int = 400
    train_sequences: int = 6
    unshifted: int = 1
    shifted: int = 1
    train_frames: int = 120
    test_frames: int = 200
    train_people: int = 20
    test_people: int = 24
    size: tuple[int, int] = (640, 360)
    options: dict[str, Any] = field(default_factory=dict)


SMALL = Preset()
PRESETS = {
    'small': SMALL,
    'full': replace(SMALL, seeds=3, iterations=800, unshifted=2),
    # To try the protocol itself; its numbers mean nothing.
    'tiny': Preset(
        seeds=1,
        iterations=2,
        train_sequences=2,
        unshifted=1,
        train_frames=12,
        test_frames=80,
        train_people=6,
        test_people=6,
        size=(192, 128),
        options={
            'model.reid.backbone.base_channels': 4,
            'model.reid.head.in_channels': 32,
            'train_dataloader.dataset.num_ways': 4,
        },
    ),
}


@dataclass(frozen=True)
class Run:
    """One training, and the online variants that are measured with it."""

    training: Training
    training_set: TrainingSet
    seed: int
    onlines: tuple[Online, ...]

    @property
    def name(self) -> str:
        """Its folder, and its rows among the raw numbers."""
        return f'{self.training.key}_{self.training_set.key}_seed{self.seed}'


def runs_of(preset: Preset) -> list[Run]:
    """List all trainings of a preset; those of the first seed come first."""
    return [
        Run(training, training_set, seed, _measured(training, seed < preset.ablation_seeds))
        for seed in range(max(preset.seeds, preset.ablation_seeds))
        for training in TRAININGS.values()
        for training_set in TRAINING_SETS.values()
        if seed < (preset.seeds if training.essential else preset.ablation_seeds)
    ]


def _measured(training: Training, ablations: bool) -> tuple[Online, ...]:
    onlines = (ONLINES[key] for key in training.onlines)
    return tuple(online for online in onlines if ablations or online.essential)
