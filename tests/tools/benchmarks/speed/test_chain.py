"""The chain is measured as it is, and compared with that of another checkout."""

import json
from pathlib import Path

import pytest
import torch

from tools.benchmarks.speed.chain import busy
from tools.benchmarks.speed.chain.__main__ import (
    arguments,
    busy_row,
    compare_results,
    parse_args,
    row,
)
from tools.benchmarks.speed.chain.measure import WARM_UP, main


def measure(part: str, root: Path, tmp_path: Path) -> dict:
    args = parse_args([str(root), '--iterations', str(WARM_UP + 2)])
    out = tmp_path / f'{part}.json'
    main([*arguments(part, args), '--json', str(out)])
    return json.loads(out.read_text(encoding='utf-8'))


def test_a_test_gives_times_and_tracks(mot_root: Path, tmp_path: Path) -> None:
    values = measure('test', mot_root, tmp_path)
    assert min(values['processor'], values['wall'], values['memory']) > 0
    assert len(values['results']) > WARM_UP
    assert any(frame['ids'] for frame in values['results'])


def test_a_start_gives_its_time(mot_root: Path, tmp_path: Path) -> None:
    values = measure('start', mot_root, tmp_path)
    assert values['processor'] > 0
    assert values['memory'] > 0


def test_a_row_takes_the_least_time_and_the_most_memory() -> None:
    def run(processor: float, memory: float) -> dict:
        return {'processor': processor, 'wall': 2 * processor, 'memory': memory}

    runs = {'this': [run(0.02, 500), run(0.03, 510)], 'baseline': [run(0.1, 700), run(0.08, 600)]}
    cells = ['20', '80', '0.25x', '40', '160', '0.25x', '510', '700', '0.73x']
    assert row('test', runs)[1:] == cells
    assert row('test', {'this': runs['this']})[1:] == ['20', '', '', '40', '', '', '510', '', '']


def test_a_busy_row_compares_with_one_thread() -> None:
    runs = [
        {'alone': 0.04, 'one': 0.06, 'default': 0.066, 'threads': 1},
        {'alone': 0.04, 'one': 0.06, 'default': 0.054, 'threads': 2},
    ]
    assert busy_row('busy', 'this', runs)[2:] == ['40', '60', '60', '1/2', '1.00x', '1.50x']


def test_frames_beside_busy_processes(
    monkeypatch: pytest.MonkeyPatch, mot_root: Path, tmp_path: Path
) -> None:
    for name in ('OMP_NUM_THREADS', 'MKL_NUM_THREADS'):
        monkeypatch.setenv(name, '1')  # are taken away, and come back after the test
    monkeypatch.setattr(busy, 'FRAMES', 1)
    before = torch.get_num_threads()
    values = measure('busy', mot_root, tmp_path)
    torch.set_num_threads(before)
    assert values['threads'] == 1  # its network sees no more than boxes
    assert min(values[name] for name in ('alone', 'one', 'default')) > 0


def test_a_video_is_tracked_by_the_command(mot_root: Path, tmp_path: Path) -> None:
    values = measure('video', mot_root, tmp_path)
    assert min(values['processor'], values['wall'], values['memory']) > 0


def test_a_row_of_several_processes_takes_the_ratio_of_wall_times() -> None:
    runs = {'this': [{'wall': 20.0}, {'wall': 15.0}], 'baseline': [{'wall': 60.0}]}
    assert row('demo', runs)[1:] == ['', '', '', '15', '60', '0.25x', '', '', '']


def test_each_part_has_its_command_line(mot_root: Path) -> None:
    args = parse_args([str(mot_root), '--iterations', '7', '--demo-epochs', '3'])
    assert arguments('demo', args)[-2:] == ['--epochs', '3']
    for part, config in (('train', 'maml-mot'), ('train_plain', 'plain-reid')):
        line = arguments(part, args)
        assert line[0] == 'train'
        assert line[1].startswith(f'demo/{config}')
        assert line[-2:] == ['--iterations', '7']


def test_a_training_gives_times_and_losses(mot_root: Path, tmp_path: Path) -> None:
    values = measure('train_plain', mot_root, tmp_path)
    assert min(values['processor'], values['wall'], values['memory']) > 0
    assert len(values['results']) == WARM_UP + 2
    assert values['results'][0]['loss'] > 0


def test_results_are_compared() -> None:
    ids = [[{'ids': [1]}, {'ids': [1, 2]}], [{'ids': [1]}, {'ids': [2, 1]}]]
    runs = {
        name: [{'results': each}] for name, each in zip(('this', 'baseline'), ids, strict=True)
    }
    assert 'in 1 of 2 frames' in compare_results('test', runs)
    losses = {'this': [{'results': [{'loss': 1.5}]}], 'baseline': [{'results': [{'loss': 1.25}]}]}
    assert 'at most 0.2 of their value' in compare_results('train', losses)
    scores = {'this': [{'results': {'meta': 0.61}}], 'baseline': [{'results': {'meta': 0.6}}]}
    assert 'IDF1 of the rows differs from that of the baseline by at most 1.' in compare_results(
        'demo', scores
    )


def test_a_folder_without_annotations_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r'holds no annotations/train_cocoformat.json'):
        arguments('test', parse_args([str(tmp_path)]))
