"""Sequences that the demo trains on and tracks."""

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np
from mmengine.config import Config

from mmmaml.datasets import convert_mot
from mmmaml.datasets.synthetic import SequenceAppearance, dataset_specs, generate_sequence
from mmmaml.utils import write_text
from mmmaml.utils.mot_files import CLASS, SequenceInfo, find_sequences, read_rows, read_seqinfo

NUM_TRAIN = 6
# Held out twice as in training, once in bad light and once through another camera: the latter two
# are what adaptation is for.
TEST_APPEARANCES = (
    SequenceAppearance(),
    SequenceAppearance(),
    SequenceAppearance(brightness=0.6, noise_sigma=9.0),
    SequenceAppearance(colour_cast=(1.2, 1.0, 0.8), blur_sigma=0.8),
)


@dataclass(frozen=True)
class Split:
    """One half of the data: sequences and their annotation file.

    Attributes:
        root: Folder that ``prefix`` is in.
        prefix: ``'train'`` or ``'test'``.
        annotations: CocoVID file of the split.
    """

    root: Path
    prefix: str
    annotations: Path

    def configure(self, dataset: Config) -> None:
        """Make a dataset of a config read this split."""
        dataset.data_root = str(self.root)
        dataset.ann_file = str(self.annotations.resolve())
        dataset.data_prefix = {'img_path': self.prefix}

    def sequences(self) -> dict[SequenceInfo, int]:
        """Read the sequences and the first frame of each, which is 1 but in a second half."""
        document = json.loads(self.annotations.read_text())
        names = {video['id']: video['name'] for video in document['videos']}
        first: dict[str, int] = {}
        for image in document['images']:
            name, frame = names[image['video_id']], image['mot_frame_id']
            first[name] = min(frame, first.get(name, frame))
        return {read_seqinfo(self.root / self.prefix / n): frame for n, frame in first.items()}


@dataclass(frozen=True)
class DemoData:
    """Data to train on and held-out data to track."""

    train: Split
    test: Split
    benchmark: str

    def configure(self, config: Config) -> None:
        """Make a demo config read this data."""
        self.train.configure(config.train_dataloader.dataset.dataset)
        self.test.configure(config.test_dataloader.dataset)
        config.test_evaluator.benchmark = self.benchmark


def generated_data(root: Path, on_frame: Callable[[int, int], None]) -> DemoData:
    """Generate the demo's sequences, or take those there from an earlier run.

    Args:
        root: Folder to write to.
        on_frame: Called with the frames done and all frames.
    """
    count = NUM_TRAIN + len(TEST_APPEARANCES)
    specs = dataset_specs(count, seed=0, num_frames=120, num_people=20, frame_rate=10)
    specs[NUM_TRAIN:] = [
        replace(s, appearance=appearance)
        for s, appearance in zip(specs[NUM_TRAIN:], TEST_APPEARANCES, strict=True)
    ]
    marker, content = root / 'specs.json', json.dumps([asdict(s) for s in specs], indent=1)
    total = sum(spec.num_frames for spec in specs)
    if not marker.is_file() or marker.read_text() != content:
        done = 0
        for number, spec in enumerate(specs):
            subset = 'train' if number < NUM_TRAIN else 'test'
            start = done
            generate_sequence(
                spec,
                root / subset,
                lambda _, frames, __, start=start: on_frame(start + frames, total),
            )
            done += spec.num_frames
        convert_mot(root)
        write_text(marker, content)
    on_frame(total, total)
    return _splits(root, root / 'annotations', has_test=True)


def given_data(root: Path, annotations: Path) -> DemoData:
    """Read a folder in the MOTChallenge layout; nothing is written to it.

    Without ``root/test`` the second half of each training sequence is held out.

    Args:
        root: Folder with ``train/`` and perhaps ``test/``.
        annotations: Folder for the annotation files.
    """
    find_sequences(root / 'train')
    convert_mot(root, annotations)
    return _splits(root, annotations, has_test=(root / 'test').is_dir())


def _splits(root: Path, annotations: Path, has_test: bool) -> DemoData:
    train, test = ('train', 'test') if has_test else ('half-train', 'half-val')
    return DemoData(
        Split(root, 'train', annotations / f'{train}_cocoformat.json'),
        Split(root, 'test' if has_test else 'train', annotations / f'{test}_cocoformat.json'),
        _benchmark(find_sequences(root / 'train')),
    )


def _benchmark(sequences: list[Path]) -> str:
    """Name the benchmark of the preprocessing: MOT15, without any, if boxes have no class."""
    if any(path.name.startswith('MOT20') for path in sequences):
        return 'MOT20'
    rows = np.concatenate([read_rows(path / 'gt' / 'gt.txt') for path in sequences])
    return 'MOT17' if (rows[:, CLASS] >= 1).any() else 'MOT15'
