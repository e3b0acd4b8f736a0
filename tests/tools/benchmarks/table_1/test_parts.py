"""Parts of the benchmark of Table I: data, published numbers, counts, the page."""

import re
from pathlib import Path

import numpy as np
import pytest
import torch
from mmengine.config import Config

from tools.benchmarks.common.commands import Command
from tools.benchmarks.common.paths import CONFIGS
from tools.benchmarks.table_1 import data
from tools.benchmarks.table_1.measurements import BOX_COUNT_ERROR, MINUTES, box_count_error
from tools.benchmarks.table_1.page import page
from tools.benchmarks.table_1.systems import BENCHMARKS, ROWS, SYSTEMS
from tools.benchmarks.table_1.trainings import Training


def test_sequences_are_generated_as_documented(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[Command] = []
    monkeypatch.setattr(data, 'run_command', made.append)
    data.make_data(tmp_path / 'new', tmp_path / 'log')
    line = ' '.join(made[0].arguments[2:]).replace(str(tmp_path / 'new'), 'data/one_shot')
    config = (CONFIGS / 'one_shot' / 'one-shot_r18_demo.py').read_text()
    assert f'make_demo_data.py {line}\n' in config


def test_half_of_the_sequences_is_refused(tmp_path: Path) -> None:
    (tmp_path / 'train').mkdir()
    with pytest.raises(ValueError, match=r'does not exist, and .* is not empty'):
        data.make_data(tmp_path, tmp_path / 'log')


def test_published_numbers_are_those_that_the_configs_state() -> None:
    """The page of ``configs/one_shot`` has those of MAML MOT, taken from the paper as well."""
    text = (CONFIGS / 'one_shot' / 'README.md').read_text()
    rows = re.findall(r"the paper's \| (MOT\d+) \| ([\d.]+) \| ([\d.]+) \| *\| (\d+)", text)
    ours = next(each for each in SYSTEMS if each.adapts)
    assert {name: tuple(map(float, each)) for name, *each in rows} == ours.published
    for name in BENCHMARKS:  # it leads by MOTA, says the paper
        assert max(SYSTEMS, key=lambda each: each.published.get(name, (0,))[0]) == ours


def test_errors_of_counts_by_hand(tmp_path: Path) -> None:
    """Three frames: of 2, 1 and 0 people 1, 1 and 2 are found."""
    sequence = tmp_path / 'test' / 'A'
    (sequence / 'gt').mkdir(parents=True)
    (sequence / 'img1').mkdir()
    for number in (1, 2, 3):
        (sequence / 'img1' / f'{number:06d}.jpg').touch()
    (sequence / 'seqinfo.ini').write_text(
        '[Sequence]\nname=A\nimDir=img1\nframeRate=10\nseqLength=3\nimWidth=64\nimHeight=48\n'
        'imExt=.jpg\n'
    )
    people = [(1, 1, 1, 1), (1, 2, 1, 1), (2, 1, 1, 1), (2, 3, 1, 7), (3, 4, 0, 1)]
    gt = [[frame, who, 1, 1, 5, 9, flag, kind, 1] for frame, who, flag, kind in people]
    gt.append([3, 5, 60, 1, 9, 9, 1, 1, 1])  # its centre is outside, and no density map counts it
    np.savetxt(sequence / 'gt' / 'gt.txt', gt, fmt='%d', delimiter=',')
    tracks = [[frame, who, 1, 1, 5, 9, 0.9, -1, -1, -1] for frame, who in [(1, 1), (2, 1)]]
    tracks += [[3, who, 1, 1, 5, 9, 0.9, -1, -1, -1] for who in (1, 2)]
    (tmp_path / 'results').mkdir()
    np.savetxt(tmp_path / 'results' / 'A.txt', tracks, fmt='%g', delimiter=',')
    assert box_count_error(tmp_path / 'results', tmp_path / 'test') == pytest.approx(1)


def test_a_training_that_was_stopped_goes_on(tmp_path: Path) -> None:
    config = CONFIGS / 'one_shot' / 'one-shot_r18_demo.py'
    training = Training(config, 1, Path('data/one_shot'), tmp_path)
    assert not training.finished()
    training.folder.mkdir(parents=True)
    meta = {'cfg': Config.fromfile(config).pretty_text, 'seed': 1}
    for epoch in (3, 12):
        path = training.folder / f'epoch_{epoch}.pth'
        torch.save({'meta': meta}, path)
        (training.folder / 'last_checkpoint').write_text(str(path))
        assert training.finished() == (epoch == 12)
    words = training.command().arguments
    assert '--resume' in words
    assert {'default_hooks.checkpoint.interval=1', 'randomness.seed=1'} < {*words}
    assert 'train_dataloader.dataset.dataset.data_root=data/one_shot/' in words


def measured(key: str, idf1: list[float], **others: float) -> dict:
    row = next(each for each in ROWS if each.key == key)
    scores = {'MOTA': 0.5, 'HOTA': 0.4, 'AssA': 0.3, 'IDs': 10, BOX_COUNT_ERROR: 2.5, MINUTES: 5.0}
    return {
        'config': f'{row.system.folder}/{row.stem}.py',
        'seeds': {str(k): {**scores, 'IDF1': each, **others} for k, each in enumerate(idf1)},
        'parameters': 951234,
        'operations': 650_000_000,
        'size': [320, 192],
    }


STORED = {
    'facts': {
        'train': {'sequences': 6, 'frames': 720},
        'test': {'sequences': 2, 'frames': 240},
    },
    'seeds': 3,
    'rows': {
        'sgt': measured('sgt', [0.5, 0.6, 0.7]),
        'sgt-adapted': measured('sgt-adapted', [0.52, 0.61, 0.76], AssA=0.35, IDs=7),
        'tlr': measured('tlr', [0.5, 0.6, 0.7]),
        'tlr-adapted': measured('tlr-adapted', [0.49, 0.6, 0.71]),
        'counting-mot': measured('counting-mot', [0.5, 0.6, 0.7], CountMAE=1.25, BoxCountMAE=1.75),
    },
}


@pytest.fixture(scope='module')
def lines() -> list[str]:
    return page(STORED, 'python -m tools.benchmarks.table_1 --seeds 3').splitlines()


def test_published_stand_beside_ours(lines: list[str]) -> None:
    assert '| TLR | 76.6 / 74.3 / 979 | 76.5 / 73.6 / 3369 | - | 50.0 / 60.0 / 10 |' in lines
    assert (
        '| MAML MOT | 79.7 / 80.2 / 469 | 79.9 / 77.3 / 1890 | 76.2 / 76.6 / 1358 | - |' in lines
    )


def test_scores_have_their_spread(lines: list[str]) -> None:
    """The standard deviation of 50, 60 and 70 is 10."""
    sgt = '| SGT | 50.0 ± 0.0 | 60.0 ± 10.0 | 40.0 ± 0.0 | 30.0 ± 0.0 | 10.0 ± 0.0 |'
    assert sgt in lines


def test_adaptation_is_the_difference_of_each_seed(lines: list[str]) -> None:
    tlr, sgt = (line for line in lines if line.endswith('seeds) |'))
    assert sgt == (
        '| SGT | +2.0, +1.0, +6.0 | +3.0 ± 2.6 | +5.0 ± 0.0 | -3.0 ± 0.0 | yes (3 of 3 seeds) |'
    )
    assert '| -1.0, +0.0, +1.0 | +0.0 ± 1.0 |' in tlr
    assert 'not with every one (1 of 3 seeds)' in tlr


def test_counts_of_the_network_stand_beside_boxes(lines: list[str]) -> None:
    assert '| CountingMOT | 1.25 ± 0.00 | 1.75 ± 0.00 | 2.50 ± 0.00 |' in lines
    assert '| SGT | - | - | 2.50 ± 0.00 |' in lines


def test_sizes(lines: list[str]) -> None:
    rows = [line for line in lines if '`configs/' in line and '320x192' in line]
    assert rows[0].endswith('| 320x192 | 0.95 | 0.65 | 5.0 ± 0.0 |')  # TLR
    assert rows[1].endswith('| 320x192 | 0.95 | 0.65 | - |')


def test_rows_that_are_missing_are_named(lines: list[str]) -> None:
    names = 'QDTrackX, QDTrackX + adaptation, CountingMOT + adaptation, BoT-SORT'
    assert any(line.startswith(f'Not measured yet: {names}') for line in lines)
