"""Measurements of the trained systems: scores, counts of people, size of the network."""

import hashlib
import json
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import torch
from mmengine.config import Config
from torch.utils.flop_counter import FlopCounterMode

from mmmaml.evaluation import TrackedSequence
from mmmaml.evaluation.scoring.crowd_counting import people_per_frame, true_counts
from mmmaml.registry import RUNNERS
from mmmaml.utils import register_all_modules, write_text
from mmmaml.utils.mot_files import find_sequences, read_rows, read_seqinfo
from tools.benchmarks.common.commands import Command
from tools.benchmarks.common.paths import ROOT
from tools.benchmarks.table_1.systems import Row
from tools.benchmarks.table_1.trainings import (
    Training,
    as_words,
    data_options,
    tool,
)

RATIOS = 'MOTA', 'IDF1', 'HOTA', 'AssA'
SWITCHES = 'IDs'
COUNT_ERROR = 'CountMAE'
DETECTED_COUNT_ERROR = 'BoxCountMAE'
COUNT_ERRORS = {'density': COUNT_ERROR, 'boxes': DETECTED_COUNT_ERROR}
BOX_COUNT_ERROR = 'mean absolute error of the number of tracked boxes'
MINUTES = 'minutes of processor time of the training'
FRAMES = 3
"""Frames until a tracker of pairs of frames works as on all later ones."""


@dataclass(frozen=True)
class Trial:
    """A test of a row with the weights of a training.

    Attributes:
        row: System, adapted or not.
        config: File of its config.
        training: That gives the weights.
    """

    row: Row
    config: Path
    training: Training

    @property
    def folder(self) -> Path:
        """Folder of tracks and scores."""
        seed = f'seed{self.training.seed}'
        return self.training.work_dir / self.row.stem / seed / 'test'

    def finished(self) -> bool:
        """Return True if this config, these weights and this code have been tested."""
        marker = self.folder / 'tested.txt'
        return marker.is_file() and marker.read_text(encoding='utf-8').strip() == self._digest()

    def finish(self) -> None:
        """Note the config, the weights and the code that have been tested."""
        write_text(self.folder / 'tested.txt', self._digest() + '\n')

    def command(self) -> Command:
        """Return the command that tests."""
        options = data_options(Config.fromfile(self.config), self.training.data)
        checkpoint = self.training.checkpoint
        arguments = tool('test', self.config, checkpoint, '--work-dir', self.folder)
        name = f'test of {self.row.key}, seed {self.training.seed}'
        return Command(name, (*arguments, *as_words(options)), self.folder / 'test.log')

    def results(self) -> dict[str, float]:
        """Return fractions, switches, errors of the count of a frame, minutes if known."""
        tested = json.loads((self.folder / 'metrics.json').read_text(encoding='utf-8'))
        counted = tested.get('counting', {}).get('overall', {})
        return {
            **{name: tested['overall'][name] for name in (*RATIOS, SWITCHES)},
            **{name: counted[part]['MAE'] for part, name in COUNT_ERRORS.items() if counted},
            BOX_COUNT_ERROR: box_count_error(self.folder / 'results', self.training.data / 'test'),
            **({} if (minutes := self.training.minutes) is None else {MINUTES: minutes}),
        }

    def _digest(self) -> str:
        content = hashlib.sha256(Config.fromfile(self.config).dump().encode())
        content.update(self.training.checkpoint.read_bytes())
        for path in sorted((ROOT / 'mmmaml').rglob('*.py')):
            content.update(path.read_bytes())
        return content.hexdigest()


def box_count_error(results: Path, sequences: Path) -> float:
    """Return the mean absolute error of the number of tracked boxes of a frame.

    Args:
        results: Folder of the tracks, ``SEQ.txt`` each.
        sequences: Folder of the sequences with ground truth; true people are those of
            ``CountMAE``.
    """
    errors = []
    for sequence in find_sequences(sequences):
        info = read_seqinfo(sequence)
        tracked = TrackedSequence(
            sequence.name,
            read_rows(sequence / 'gt' / 'gt.txt'),
            read_rows(results / f'{sequence.name}.txt'),
            info.num_frames,
            image_size=(info.width, info.height),
        )
        found = people_per_frame(tracked.results, info.num_frames)
        errors.append(np.abs(found - true_counts(tracked, 'MOT17')))
    return float(np.concatenate(errors).mean())


def network_size(trial: Trial) -> dict[str, Any]:
    """Count parameters of a tested model, and multiply-adds of a frame of the test set.

    Returns:
        ``parameters``; ``operations``, multiply-adds of convolutions and matrix products in the
        third frame, tracking included; ``size``, width and height of the input.
    """
    register_all_modules(init_default_scope=False)
    options, training = Config.fromfile(trial.config), trial.training
    options.merge_from_dict(data_options(options, training.data))
    options.load_from = str(training.checkpoint)
    options.work_dir = str(trial.folder / 'size')
    options.experiment_name = f'{trial.config.stem}_size'
    options.log_level = 'WARNING'
    runner = RUNNERS.build(options)
    runner.load_or_resume()
    model = runner.model.eval()
    with torch.no_grad():
        for frame in islice(runner.test_dataloader, FRAMES):
            with FlopCounterMode(display=False) as counter:
                model.test_step(frame)
    height, width = frame['inputs'][0].shape[-2:]
    return {
        'parameters': sum(each.numel() for each in model.parameters()),
        'operations': counter.get_total_flops() // 2,
        'size': [width, height],
    }
