"""Sequences to train on and held-out ones, of the same appearance and of shifted ones."""

import hashlib
import json
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from mmmaml.commands.running.demo_data import DemoData, Split, given_data
from mmmaml.datasets import convert_mot
from mmmaml.datasets.synthetic import (
    SequenceAppearance,
    SequenceSpec,
    dataset_specs,
    generate_sequence,
)
from mmmaml.utils import write_text
from mmmaml.utils.mot_files import find_sequences
from tools.benchmarks.common.workers import Advance, Workers
from tools.benchmarks.evidence.presets import Preset

UNSHIFTED, HELD_OUT = 'unshifted', 'held out'
# The training sequences have the neutral appearance.
SHIFTS = {
    'dark': SequenceAppearance(brightness=0.55, noise_sigma=9.0),
    'cast': SequenceAppearance(colour_cast=(1.25, 1.0, 0.8)),
    'blur': SequenceAppearance(blur_sigma=1.2),
    'camera': SequenceAppearance(camera_height=2.2, camera_sway=25.0),
    'clothes': SequenceAppearance(palette=2),
}
FRAME_RATE = 10
TRAIN_SEED, TEST_SEED = 0, 3


@dataclass(frozen=True)
class EvidenceData(DemoData):
    """Data to train on, held-out data, and the groups of held-out sequences.

    Attributes:
        groups: Name of a group to names of its sequences.
    """

    groups: dict[str, list[str]]

    @property
    def shifts(self) -> list[str]:
        """Groups whose appearance is not that of training."""
        return [name for name in self.groups if name in SHIFTS]


def generated_evidence_data(
    root: Path, preset: Preset, workers: Workers, advance: Advance
) -> EvidenceData:
    """Generate the sequences of a preset, or take those there from an earlier run.

    Args:
        root: Folder to write to; each set of sequences gets a folder of its own there.
        preset: Number and length of the sequences.
        workers: Processes that generate them.
        advance: Called with the sequences done and all sequences.
    """
    train, test = train_specs(preset), test_specs(preset)
    specs = {'train': train, 'test': [spec for group in test.values() for spec in group]}
    splits, jobs = {}, []
    for subset, each in specs.items():
        content = json.dumps([asdict(spec) for spec in each], indent=1)
        folder = root / f'{subset}-{hashlib.sha256(content.encode()).hexdigest()[:8]}'
        splits[subset] = Split(
            folder, subset, folder / 'annotations' / f'{subset}_cocoformat.json'
        )
        if not (folder / 'specs.json').is_file():
            jobs += [(spec, folder / subset) for spec in each]
    for done, _ in enumerate(workers.map(_generate, jobs), start=1):
        advance(done, len(jobs))
    for subset, split in splits.items():
        if not (marker := split.root / 'specs.json').is_file():
            convert_mot(split.root, half_split=False)
            write_text(marker, json.dumps([asdict(spec) for spec in specs[subset]], indent=1))
    names = {group: [spec.name for spec in each] for group, each in test.items()}
    return EvidenceData(splits['train'], _without_boxes(splits['test']), 'MOT17', names)


def given_evidence_data(root: Path, annotations: Path) -> EvidenceData:
    """Read a folder in the MOTChallenge layout; nothing is written to it.

    Args:
        root: Folder with ``train/`` and ``test/``, both with ground truth.
        annotations: Folder for the annotation files.

    Raises:
        FileNotFoundError: A folder, or the ground truth of a held-out sequence, is missing.
    """
    held_out = find_sequences(root / 'test')
    for sequence in held_out:
        if not (truth := sequence / 'gt' / 'gt.txt').is_file():
            raise FileNotFoundError(
                f'{truth} is missing: held-out sequences need ground truth. Move some of those '
                f'of {root / "train"} to {root / "test"} instead'
            )
    data = given_data(root, annotations)
    groups = {HELD_OUT: [sequence.name for sequence in held_out]}
    return EvidenceData(data.train, _without_boxes(data.test), data.benchmark, groups)


def train_specs(preset: Preset) -> list[SequenceSpec]:
    """Specify sequences to train on; the people are the first ones of their seed."""
    return dataset_specs(
        preset.train_sequences,
        TRAIN_SEED,
        num_frames=preset.train_frames,
        num_people=preset.train_people,
        frame_rate=FRAME_RATE,
        size=preset.size,
    )


def test_specs(preset: Preset) -> dict[str, list[SequenceSpec]]:
    """Specify held-out sequences by group; people of another seed, each in one sequence only."""
    counts = {UNSHIFTED: preset.unshifted} | dict.fromkeys(SHIFTS, preset.shifted)
    specs = iter(
        dataset_specs(
            sum(counts.values()),
            TEST_SEED,
            num_frames=preset.test_frames,
            num_people=preset.test_people,
            frame_rate=FRAME_RATE,
            size=preset.size,
        )
    )
    return {
        group: [
            replace(
                next(specs),
                name=f'{group}-{k + 1:02d}',
                appearance=SHIFTS.get(group, SequenceAppearance()),
            )
            for k in range(count)
        ]
        for group, count in counts.items()
    }


def _without_boxes(split: Split) -> Split:
    """Leave out the ground truth of sequences.

    mmdet's dataset unpickles a whole video for each of its frames, which takes longer than all
    else, and most of it is boxes that tracking never reads.
    """
    document = json.loads(split.annotations.read_text())
    path = split.annotations.with_name('frames_of_test_cocoformat.json')
    write_text(path, json.dumps({**document, 'annotations': []}))
    return replace(split, annotations=path)


def _generate(job: tuple[SequenceSpec, Path]) -> None:
    generate_sequence(*job)
