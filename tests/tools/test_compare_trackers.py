"""All trackers of configs/compare on generated data, as users start them."""

import importlib.util
import json
from pathlib import Path

import pytest
import torch
from mmengine.config import Config
from mmengine.registry import DefaultScope
from mmengine.runner import save_checkpoint

from mmmaml.registry import MODELS
from mmmaml.utils import register_all_modules
from mmmaml.utils.mot_files import ID, read_rows

ROOT = Path(__file__).parents[2]
CONFIGS = sorted((ROOT / 'configs' / 'compare').glob('*.py'))
NAMES = sorted(path.stem.split('_')[0] for path in CONFIGS)


@pytest.fixture(scope='module')
def compare_trackers():
    path = ROOT / 'tools' / 'analysis_tools' / 'compare_trackers.py'
    spec = importlib.util.spec_from_file_location('compare_trackers', path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope='module')
def checkpoint(tmp_path_factory):
    """Random weights: enough for trackers to run, and for the same embeddings in all of them."""
    register_all_modules(init_default_scope=False)
    torch.manual_seed(0)
    path = tmp_path_factory.mktemp('weights') / 'random.pth'
    with DefaultScope.overwrite_default_scope('mmmaml'):
        model = MODELS.build(Config.fromfile(CONFIGS[0]).model)
    save_checkpoint({'state_dict': model.state_dict()}, str(path))
    return path


@pytest.mark.slow
def test_all_trackers_in_one_table(compare_trackers, checkpoint, mot_root, tmp_path, capsys):
    out = tmp_path / 'table.md'
    folder = ('--work-dir', str(tmp_path / 'runs'))
    compare_trackers.main([str(checkpoint), '--data', str(mot_root), '--out', str(out), *folder])
    assert out.read_text() in capsys.readouterr().out
    header, _, *rows = [
        [cell.strip() for cell in line.split('|')[1:-1]] for line in out.read_text().splitlines()
    ]
    table = {row[0]: dict(zip(header, row, strict=True)) for row in rows}
    assert sorted(table) == NAMES
    for name, row in table.items():
        tracks = read_rows(tmp_path / 'runs' / name / 'results' / 'DEMO-03.txt')
        assert len(set(tracks[:, ID])) >= 3
        scores = json.loads((tmp_path / 'runs' / name / 'metrics.json').read_text())['overall']
        assert row['MOTA'] == f'{100 * scores["MOTA"]:.1f}'
        assert row['FN'] == f'{scores["FN"]:.0f}'
        # Looks decide alone only in QDTrack, and a random network knows nothing of them.
        assert scores['MOTA'] > 0.2 or name == 'qd-track'
        assert float(row['ms a frame']) > 0
        measured = row['camera motion, ms'] != '-'
        assert measured == (name in ('bot-sort', 'strong-sort'))
    order = [float(row[header.index('IDF1')]) for row in rows]
    assert order == sorted(order, reverse=True)


@pytest.mark.parametrize('path', CONFIGS[:1], ids=lambda path: path.stem)
def test_a_config_runs_by_itself(path, checkpoint, mot_root, tmp_path, run_tool, monkeypatch):
    monkeypatch.chdir(tmp_path)
    options = {'test_dataloader.dataset.data_root': mot_root, 'log_level': 'ERROR'}
    run_tool('test', path, checkpoint, '--work-dir', 'alone', **options)
    assert len(read_rows(tmp_path / 'alone' / 'results' / 'DEMO-03.txt'))


@pytest.mark.parametrize(
    ('arguments', 'message'),
    [
        (['no.pth'], 'no.pth does not exist; python tools/demo.py makes one'),
        (['{checkpoint}', '--data', 'no'], 'mot2coco.py makes it'),
        (['{checkpoint}', '--data', '{data}', '--only', 'sort'], '--only sort: there is only bot'),
    ],
)
def test_mistakes_are_told(compare_trackers, checkpoint, mot_root, capsys, arguments, message):
    filled = [each.format(checkpoint=checkpoint, data=mot_root) for each in arguments]
    with pytest.raises(SystemExit):
        compare_trackers.main(filled)
    assert message in capsys.readouterr().err


def test_the_table_does_not_replace_the_checkpoint(compare_trackers, checkpoint, mot_root, capsys):
    before = checkpoint.read_bytes()
    with pytest.raises(SystemExit):
        compare_trackers.main([str(checkpoint), '--data', str(mot_root), '--out', str(checkpoint)])
    assert 'which is read: name another file' in capsys.readouterr().err
    assert checkpoint.read_bytes() == before


def test_the_clock_leaves_out_what_is_called_from_within(compare_trackers, monkeypatch):
    ticks = iter([0.0, 0.01, 0.06, 0.07, 1.0, 1.5])  # into the tracker, the features, and out
    monkeypatch.setattr(compare_trackers.time, 'process_time', lambda: next(ticks))
    clock = compare_trackers.TrackerClock()
    features = clock._timed(lambda: 'feats', 'features')
    tracker = clock._timed(features, 'tracker')
    assert tracker() == 'feats'
    clock._timed(lambda: None, 'camera')()
    for _ in range(2):
        clock.after_test_iter()
    sections = [clock.milliseconds(each) for each in ('tracker', 'features', 'camera')]
    assert sections == pytest.approx([10, 25, 250])
