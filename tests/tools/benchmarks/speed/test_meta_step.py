"""Cost of a meta step over a plain one, on crops and on frames."""

from pathlib import Path

import pytest
from mmengine.config import Config

from tools.benchmarks.speed import meta_step

ROOT = Path(__file__).parents[4]
DEMO = ROOT / 'configs' / 'one_shot' / 'one-shot_r18_demo.py'
SIZE = ('--size', 96, 64)


def test_cost_of_a_meta_step_is_told_as_a_ratio(rows_of):
    config = ROOT / 'configs' / 'demo' / 'maml-mot_r18_demo.py'
    rows = rows_of(meta_step, config, '--tasks', 1, '--ways', 2, '--rounds', 1)
    assert rows[2][0] == 'plain'
    assert float(rows[2][2]) == 1
    assert all(float(row[1]) > 0 and float(row[2]) > 0 for row in rows[2:])


def test_cost_of_a_meta_step_on_frames(rows_of):
    options = ('--tasks', 1, '--ways', 3, '--support', 2, '--rounds', 1)
    rows = rows_of(meta_step, DEMO, *SIZE, *options)
    names = [row[0] for row in rows[2:]]
    assert names[0] == 'plain'
    assert {'second order, 1 step', 'closed form', 'second order, 1 step, torch.func'} < set(names)
    assert float(rows[2][2]) == 1
    assert all(float(row[1]) > 0 and float(row[2]) > 0 for row in rows[2:])
    only = rows_of(meta_step, DEMO, *SIZE, *options, '--only', 'closed form')
    assert [row[0] for row in only[2:]] == ['plain', 'closed form']


def test_a_size_serves_where_the_config_has_none(rows_of, tmp_path):
    config = Config.fromfile(DEMO)
    frames = config.train_dataloader.dataset.dataset
    frames.pipeline = [each for each in frames.pipeline if each.type != 'LetterboxFrame']
    bare = tmp_path / 'bare.py'
    config.dump(bare)
    small = ('--tasks', 1, '--ways', 2, '--support', 1, '--rounds', 1, '--only', 'plain')
    assert len(rows_of(meta_step, bare, *SIZE, *small)) == 3
    with pytest.raises(SystemExit, match=r'bare\.py has no Letterbox.*: give --size'):
        rows_of(meta_step, bare, *small)
