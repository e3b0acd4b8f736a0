"""Generated sequences that all systems are trained and tested on."""

import hashlib
import json
import sys
from pathlib import Path

from mmmaml.utils import write_text
from mmmaml.utils.mot_files import find_sequences, read_seqinfo
from tools.benchmarks.common.commands import Command, run_command
from tools.benchmarks.common.paths import ROOT

GENERATED = '--train', '6', '--test', '2', '--frames', '120', '--people', '20', '--fps', '10'
SPLITS = 'train', 'test'


def make_data(data: Path, log: Path) -> None:
    """Generate the sequences, unless they are there.

    Args:
        data: Their folder.
        log: File for what the generator says.

    Raises:
        ValueError: The folder holds something else, or half of them.
    """
    missing = [path for path in _annotations(data) if not path.is_file()]
    if not missing:
        return
    if data.exists() and any(data.iterdir()):
        raise ValueError(
            f'{missing[0]} does not exist, and {data} is not empty: delete the folder to have the '
            'sequences generated, or run tools/dataset_converters/mot2coco.py on your own'
        )
    script = str(ROOT / 'tools' / 'dataset_converters' / 'make_demo_data.py')
    arguments = (sys.executable, script, str(data), *GENERATED)
    run_command(Command('generating the sequences', arguments, log))


def keep_to_data(data: Path, work_dir: Path) -> None:
    """Note the data that a work folder belongs to, and refuse others.

    Raises:
        ValueError: The folder belongs to other data.
    """
    content = hashlib.sha256()
    for path in _annotations(data):
        content.update(path.read_bytes())
    marker = work_dir / 'data.json'
    known = json.loads(marker.read_text(encoding='utf-8')) if marker.is_file() else None
    if known is not None and known['sha256'] != content.hexdigest():
        raise ValueError(
            f'{work_dir} has trainings on other sequences, those of {known["folder"]}: give '
            'another --work-dir'
        )
    write_text(marker, json.dumps({'folder': str(data), 'sha256': content.hexdigest()}) + '\n')


def facts(data: Path) -> dict[str, dict[str, int]]:
    """Return the number of ``sequences`` and ``frames`` by split."""
    result = {}
    for split in SPLITS:
        sequences = [read_seqinfo(folder) for folder in find_sequences(data / split)]
        frames = sum(each.num_frames for each in sequences)
        result[split] = {'sequences': len(sequences), 'frames': frames}
    return result


def _annotations(data: Path) -> list[Path]:
    return [data / 'annotations' / f'{split}_cocoformat.json' for split in SPLITS]
