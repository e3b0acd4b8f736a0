"""Benchmarks of the one-shot network run from the command line and count what they say."""

import importlib
from pathlib import Path

import pytest
import torch
from mmengine.config import Config

from mmmaml.models import OnlineMetaTracker

ROOT = Path(__file__).parents[2]
DEMO = ROOT / 'configs' / 'one_shot' / 'one-shot_r18_demo.py'
SIZE = ('--size', 96, 64)


@pytest.fixture
def run_analysis(monkeypatch, capsys):
    """``run_analysis('benchmark_inference', arguments...)`` gives the rows of the tables."""
    monkeypatch.syspath_prepend(str(ROOT / 'tools' / 'analysis_tools'))

    def run(name: str, *arguments: object) -> list[list[str]]:
        importlib.import_module(name).main([*map(str, arguments)])
        lines = capsys.readouterr().out.splitlines()
        return [[c.strip() for c in line.split('|')[1:-1]] for line in lines if '|' in line]

    return run


def test_cost_of_a_meta_step_on_frames(run_analysis):
    options = ('--tasks', 1, '--ways', 3, '--support', 2, '--rounds', 1)
    rows = run_analysis('benchmark_meta_step', DEMO, *SIZE, *options)
    names = [row[0] for row in rows[2:]]
    assert names[0] == 'plain'
    assert {'second order, 1 step', 'closed form', 'second order, 1 step, torch.func'} < set(names)
    assert float(rows[2][2]) == 1
    assert all(float(row[1]) > 0 and float(row[2]) > 0 for row in rows[2:])
    only = run_analysis('benchmark_meta_step', DEMO, *SIZE, *options, '--only', 'closed form')
    assert [row[0] for row in only[2:]] == ['plain', 'closed form']


def test_a_size_serves_where_the_config_has_none(run_analysis, tmp_path):
    config = Config.fromfile(DEMO)
    frames = config.train_dataloader.dataset.dataset
    frames.pipeline = [each for each in frames.pipeline if each.type != 'LetterboxFrame']
    bare = tmp_path / 'bare.py'
    config.dump(bare)
    small = ('--tasks', 1, '--ways', 2, '--support', 1, '--rounds', 1, '--only', 'plain')
    assert len(run_analysis('benchmark_meta_step', bare, *SIZE, *small)) == 3
    with pytest.raises(SystemExit, match=r'bare\.py has no Letterbox.*: give --size'):
        run_analysis('benchmark_meta_step', bare, *small)


def test_stages_of_a_frame_add_up(run_analysis, tmp_path):
    out = tmp_path / 'page.md'
    options = ('--frames', 4, '--people', 5, '--train-batch', 2, '--train-steps', 1)
    rows = run_analysis('benchmark_inference', DEMO, *SIZE, *options, '--out', out)
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


def test_simulated_people_are_tracked(monkeypatch):
    """What the tracker is timed on is what it is for: everybody keeps an id."""
    monkeypatch.syspath_prepend(str(ROOT / 'tools' / 'analysis_tools'))
    timing = importlib.import_module('inference_timing')
    walk, tracker = timing.SimulatedWalk(12, (1088, 608), 64), OnlineMetaTracker()
    ids = [tracker.step(number, *walk.frame(number)).tolist() for number in range(10)]
    assert sorted(ids[0]) == list(range(1, 13))
    assert all(frame == ids[0] for frame in ids)
