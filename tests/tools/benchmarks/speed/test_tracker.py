"""The benchmark of trackers: its stages, page and numbers."""

import json
import re

import numpy as np
import pytest
import torch

from mmmaml.models.trackers import OnlineMetaTracker
from mmmaml.utils.mot_files import CLASS
from tests.tools.benchmarks.common.people import crossing, truth
from tools.benchmarks.common.contestants import ours
from tools.benchmarks.speed.tracker import __main__ as command
from tools.benchmarks.speed.tracker import measurements, timing


def write_gt(path, rows):
    path.parent.mkdir(parents=True, exist_ok=True)
    np.savetxt(path, rows, fmt='%g', delimiter=',')
    return path


def test_stages_add_up_to_a_step():
    before, frames = OnlineMetaTracker._check, crossing().frames
    made = ours('ours', 30.0)
    with timing.stage_clock() as clock:
        _, seconds = timing.timed_pass([made.prepare(f) for f in frames])
    assert OnlineMetaTracker._check is before
    assert (clock > 0).all()
    assert 0.5 * seconds.sum() < clock.sum() < seconds.sum()
    stages = timing.measure_stages(made, frames, repeats=1)
    assert list(stages) == list(timing.STAGES)


def test_page_and_numbers(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(measurements, 'CROWD_FRAMES', 6)
    monkeypatch.setattr(measurements, 'GROWTH_FRAMES', (5, 10))
    gt = write_gt(tmp_path / 'TINY-01' / 'gt' / 'gt.txt', truth(4, 12))
    page, numbers = tmp_path / 'speed.md', tmp_path / 'numbers.json'
    threads = torch.get_num_threads()
    command.main(
        f'{gt.parents[1]} --frames 10 --repeats 1 --crowd 9 --growth --out {page} '
        f'--json {numbers}'.split()
    )
    assert torch.get_num_threads() == threads
    text = page.read_text()
    assert text in capsys.readouterr().out
    assert str(tmp_path) not in text
    results = json.loads(numbers.read_text())
    video = results['videos']['TINY-01']
    assert (video['frames'], video['objects']) == (10, 4)
    # 38 or so of 40 boxes are found, and nothing is confused.
    assert 0.93 < video['true identities']['IDF1'] < 1
    assert video['true identities']['IDs'] == 0
    for name, result in video['trackers'].items():
        row = re.search(
            rf'^\| {re.escape(name)} \| ([\d.]+) \| ([\d.]+)x \| ([\d.]+) ', text, re.M
        )
        assert float(row[1]) == pytest.approx(result['ms'], abs=0.006)
        ratio = video['trackers']['mmdet DeepSORT']['ms'] / result['ms']
        assert float(row[2]) == pytest.approx(ratio, abs=0.06)
        assert float(row[3]) == pytest.approx(100 * result['IDF1'], abs=0.06)
    assert text.count('## ') == 3
    assert '--crowd 9' in text
    for lengths in results['growth'].values():
        assert [int(frames) for frames in lengths] == [5, 10]


@pytest.mark.parametrize(
    ('arguments', 'message'),
    [
        (['nowhere.txt'], 'nowhere.txt does not exist'),
        (['.'], 'gt.txt does not exist'),
        (['empty.txt'], 'empty.txt holds nobody to detect: of 0 rows'),
        ([], 'nothing to do'),
        (['--crowd', '0', '--growth'], '--crowd 0 must be at least 1'),
        (['cars.txt', '--repeats', '0'], 'must be at least 1'),
        (['cars.txt'], 'of 3 rows none is considered, of class 1 and at least 0.25 visible'),
    ],
)
def test_bad_input_ends_in_one_sentence(tmp_path, monkeypatch, capsys, arguments, message):
    monkeypatch.chdir(tmp_path)
    (tmp_path / 'empty.txt').touch()
    cars = truth(1, 3)
    cars[:, CLASS] = 3
    write_gt(tmp_path / 'cars.txt', cars)
    with pytest.raises(SystemExit) as stop:
        command.main(arguments)
    assert stop.value.code == 2
    last = capsys.readouterr().err.strip().splitlines()[-1]
    assert message in last


def test_a_page_keeps_the_sections_of_other_benchmarks(tmp_path):
    page = tmp_path / 'speed.md'
    assert command.other_sections(page) == ''
    page.write_text('# Speed\n\n## Long videos\n\n## The whole chain\n\n| a |\n')
    assert command.other_sections(page) == '\n## The whole chain\n\n| a |\n'
