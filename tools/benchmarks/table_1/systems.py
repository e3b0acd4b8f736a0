"""Systems of the paper's Table I, with their published numbers and our configs.

To add a system, add it to ``SYSTEMS``; nothing else changes.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

BENCHMARKS = 'MOT16', 'MOT17', 'MOT20'


class Published(NamedTuple):
    """Numbers of the paper on a test set: MOTA and IDF1 in percent, ID switches."""

    mota: float
    idf1: float
    switches: int


@dataclass(frozen=True)
class System:
    """A system of the table.

    Attributes:
        key: Short name, for the command line and in files.
        title: Name on the page.
        folder: Folder of its configs.
        stem: Name of its small config, without suffix; it ends in ``_demo``.
        published: Numbers by benchmark; those the paper leaves open are missing.
        adapts: It adapts online by itself, so that there is no second config that does.
    """

    key: str
    title: str
    folder: str
    stem: str
    published: dict[str, Published] = field(hash=False)
    adapts: bool = False


SYSTEMS = (
    System(
        'qdtrackx',
        'QDTrackX',
        'qdtrackx',
        'qdtrackx_yolox_demo',
        {'MOT17': Published(78.7, 77.5, 1935), 'MOT20': Published(74.7, 73.8, 1042)},
    ),
    System(
        'tlr',
        'TLR',
        'tlr',
        'tlr_r18_demo',
        {'MOT16': Published(76.6, 74.3, 979), 'MOT17': Published(76.5, 73.6, 3369)},
    ),
    System(
        'sgt',
        'SGT',
        'sgt',
        'sgt_r18_demo',
        {
            'MOT16': Published(76.8, 73.5, 1276),
            'MOT17': Published(76.3, 72.4, 4578),
            'MOT20': Published(72.8, 70.5, 2649),
        },
    ),
    System(
        'counting-mot',
        'CountingMOT',
        'counting_mot',
        'counting-mot_r18_demo',
        {
            'MOT16': Published(77.6, 75.2, 1087),
            'MOT17': Published(78.0, 74.8, 3453),
            'MOT20': Published(70.2, 72.4, 2795),
        },
    ),
    System(
        'bot-sort',
        'BoT-SORT',
        'bot_sort',
        'bot-sort_one-shot-r18_demo',
        {
            'MOT16': Published(78.6, 79.1, 662),
            'MOT17': Published(79.4, 79.4, 2643),
            'MOT20': Published(75.1, 75.9, 1213),
        },
    ),
    System(
        'one-shot',
        'MAML MOT',
        'one_shot',
        'one-shot_r18_demo',
        {
            'MOT16': Published(79.7, 80.2, 469),
            'MOT17': Published(79.9, 77.3, 1890),
            'MOT20': Published(76.2, 76.6, 1358),
        },
        adapts=True,
    ),
)
"""In the order of the paper."""


@dataclass(frozen=True)
class Row:
    """A system as it is, or with MAML MOT's online adaptation of its features.

    Attributes:
        system: The system; its config is the one that is trained.
        adapted: With the adaptation.
    """

    system: System
    adapted: bool = False

    @property
    def key(self) -> str:
        """Short name."""
        return f'{self.system.key}-adapted' if self.adapted else self.system.key

    @property
    def title(self) -> str:
        """Name on the page."""
        return f'{self.system.title} + adaptation' if self.adapted else self.system.title

    @property
    def stem(self) -> str:
        """Name of its config, without suffix."""
        stem = self.system.stem
        return f'{stem.removesuffix("_demo")}-adapted_demo' if self.adapted else stem

    def config(self, configs: Path) -> Path:
        """Return the file of its config."""
        return configs / self.system.folder / f'{self.stem}.py'

    def trained_config(self, configs: Path) -> Path:
        """Return the file of the config whose training its weights come from."""
        return Row(self.system).config(configs)


ROWS = tuple(
    Row(system, adapted)
    for system in SYSTEMS
    for adapted in ((False,) if system.adapts else (False, True))
)


def choose_rows(only: Sequence[str] | None, configs: Path) -> list[Row]:
    """Choose the rows to measure.

    Args:
        only: Their keys, in any order; None takes all.
        configs: Folder of the configs.

    Raises:
        ValueError: A key is unknown, or a config of a row is missing.
    """
    keys = [row.key for row in ROWS]
    if unknown := sorted({*(only or ())} - {*keys}):
        raise ValueError(f'--only {" ".join(unknown)}: there is only {", ".join(keys)}')
    files = {row: {row.config(configs), row.trained_config(configs)} for row in ROWS}
    there = [row for row in ROWS if all(path.is_file() for path in files[row])]
    wanted = [row for row in ROWS if only is None or row.key in only]
    if missing := [row for row in wanted if row not in there]:
        paths = sorted({str(p) for row in missing for p in files[row] if not p.is_file()})
        rest = [row.key for row in wanted if row in there]
        others = f'; --only {" ".join(rest)} measures the others' if rest else ''
        raise ValueError(
            f'no config of {", ".join(row.key for row in missing)}: {", ".join(paths)} '
            f'{"is" if len(paths) == 1 else "are"} missing{others}'
        )
    return wanted
