"""Stages of a one-shot network, and the people it is timed on."""

from pathlib import Path

import pytest
import torch

from mmmaml.models import OnlineMetaTracker
from tools.benchmarks.speed.inference import __main__ as inference
from tools.benchmarks.speed.inference.timing import SimulatedWalk

ROOT = Path(__file__).parents[4]
DEMO = ROOT / 'configs' / 'one_shot' / 'one-shot_r18_demo.py'
SIZE = ('--size', 96, 64)


def test_stages_of_a_frame_add_up(rows_of, tmp_path):
    out = tmp_path / 'page.md'
    options = ('--frames', 4, '--people', 5, '--train-batch', 2, '--train-steps', 1)
    rows = rows_of(inference, DEMO, *SIZE, *options, '--out', out)
    stages = {row[1]: row for row in rows[2:7]}
    assert list(stages) == ['input', 'network', 'decoding', 'tracker', 'end to end']
    rates = {name: float(row[2]) for name, row in stages.items()}
    assert all(rate > 0 for rate in rates.values())
    parts = sum(1 / rates[name] for name in ('input', 'network', 'decoding', 'tracker'))
    assert parts <= 1 / rates['end to end'] * 1.02
    for row in stages.values():
        assert float(row[3]) <= float(row[4]) <= float(row[5])
    assert rows[-1][:2] == ['fp32', '2']
    assert float(rows[-1][3]) == pytest.approx(2 * float(rows[-1][2]), rel=0.02)
    assert f'torch {torch.__version__}' in out.read_text()


def test_simulated_people_are_tracked():
    """The timed input is a task for a tracker: everybody keeps an id."""
    walk, tracker = SimulatedWalk(12, (1088, 608), 64), OnlineMetaTracker()
    ids = [tracker.step(number, *walk.frame(number)).tolist() for number in range(10)]
    assert sorted(ids[0]) == list(range(1, 13))
    assert all(frame == ids[0] for frame in ids)


def test_stages_of_a_frame_whose_boxes_are_cut_out(rows_of):
    config = ROOT / 'configs' / 'demo' / 'maml-mot_r18_demo.py'
    options = ('--frames', 2, '--people', 3, '--batch', 2, '--channels-last')
    rows = rows_of(inference, config, '--size', 160, 120, *options, '--precisions', 'bf16')
    assert [row[1] for row in rows[2:]] == ['input', 'crops', 'network', 'tracker', 'end to end']
    assert all(float(row[2]) > 0 for row in rows[2:])
