"""Trainings of the systems, with several seeds, by ``tools/train.py``."""

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from mmengine.config import Config

from mmmaml.utils import write_text
from tools.benchmarks.common.commands import Command
from tools.benchmarks.common.paths import ROOT
from tools.benchmarks.common.trained_by import deciding_parts

DATA_ROOT = 'data_root'


@dataclass(frozen=True)
class Training:
    """A training of a config with a seed.

    Attributes:
        config: File of the config.
        seed: Of the weights and of the order of frames.
        data: Folder of the sequences, in place of the config's own.
        work_dir: Folder of all trainings.
    """

    config: Path
    seed: int
    data: Path
    work_dir: Path

    @property
    def name(self) -> str:
        """Name for messages."""
        return f'{self.config.stem}, seed {self.seed}'

    @property
    def folder(self) -> Path:
        """Folder of its logs and checkpoints."""
        return self.work_dir / self.config.stem / f'seed{self.seed}'

    @property
    def checkpoint(self) -> Path:
        """The last checkpoint of the whole training."""
        return self.folder / f'epoch_{Config.fromfile(self.config).train_cfg.max_epochs}.pth'

    def finished(self) -> bool:
        """Return True if all epochs are done.

        Raises:
            ValueError: The folder holds a checkpoint of another config or seed.
        """
        if not self.begun:
            return False
        last = self.folder / Path(self._marker.read_text(encoding='utf-8').strip()).name
        check_origin(last, self.config, self.seed)
        return last == self.checkpoint

    @property
    def begun(self) -> bool:
        """True if an epoch is done."""
        return self._marker.is_file()

    @property
    def minutes(self) -> float | None:
        """Processor time of the whole training; None if nobody noted it."""
        path = self.folder / 'processor_minutes.txt'
        return float(path.read_text(encoding='utf-8')) if path.is_file() else None

    def note_minutes(self, minutes: float) -> None:
        """Note the processor time of the whole training."""
        write_text(self.folder / 'processor_minutes.txt', f'{minutes:.3f}\n')

    @property
    def _marker(self) -> Path:
        # MMEngine writes this file once the checkpoint it names is complete.
        return self.folder / 'last_checkpoint'

    def command(self) -> Command:
        """Return the command that trains, going on from the newest checkpoint if there is one."""
        options = {
            'randomness.seed': self.seed,
            'default_hooks.checkpoint.interval': 1,
            'default_hooks.checkpoint.max_keep_ckpts': 1,
            **data_options(Config.fromfile(self.config), self.data),
        }
        arguments = tool('train', self.config, '--work-dir', self.folder, '--resume')
        return Command(
            f'training {self.name}', (*arguments, *as_words(options)), self.folder / 'train.log'
        )


def check_origin(checkpoint: Path, config: Path, seed: int) -> None:
    """Refuse a checkpoint that another config or seed gave, by what it says itself.

    Places of the data do not count, nor does the tracker, which is not trained.

    Raises:
        ValueError: It is of another; the message names the first value that differs.
    """
    meta = torch.load(checkpoint, map_location='cpu', weights_only=True)['meta']
    hint = 'move it away, or give another --work-dir'
    if meta['seed'] != seed:
        raise ValueError(f'{checkpoint} was trained with seed {meta["seed"]}, not {seed}: {hint}')
    trained, wanted = (
        _flat(deciding_parts(each))
        for each in (Config.fromstring(meta['cfg'], '.py'), Config.fromfile(config))
    )
    for key in sorted({*trained, *wanted}):
        if key.split('.')[-1] != DATA_ROOT and trained.get(key) != wanted.get(key):
            raise ValueError(
                f'{checkpoint} was trained with {key} = {trained.get(key)}, and {config} says '
                f'{wanted.get(key)}: {hint}'
            )


def data_options(config: Config, data: Path) -> dict[str, str]:
    """Return the options that make every dataset of a config read a folder."""
    flat = _flat({k: v for k, v in config.to_dict().items() if isinstance(v, dict)})
    return {key: f'{data}/' for key in flat if key.split('.')[-1] == DATA_ROOT}


def tool(name: str, *arguments: object) -> tuple[str, ...]:
    """Return the command line of ``tools/NAME.py`` on one thread."""
    script = str(ROOT / 'tools' / f'{name}.py')
    return sys.executable, script, *map(str, arguments), '--threads', '1'


def as_words(options: dict[str, Any]) -> tuple[str, ...]:
    """Return options of a config as words of a command line."""
    return '--cfg-options', *(f'{key}={value}' for key, value in options.items())


def _flat(value: dict[str, Any]) -> dict[str, Any]:
    return dict(_leaves(value, ''))


def _leaves(value: Any, key: str) -> Iterator[tuple[str, Any]]:
    items = value.items() if isinstance(value, dict) else enumerate(value)
    for name, each in items:
        path = f'{key}.{name}' if key else str(name)
        if isinstance(each, dict | list | tuple) and each:
            yield from _leaves(each, path)
        else:
            yield path, each
