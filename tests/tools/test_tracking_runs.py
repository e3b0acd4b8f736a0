"""Training and tracking as users start them, from one checkpoint in three frameworks' models."""

import importlib
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from mmengine.config import Config
from mmengine.runner import load_checkpoint

from mmmaml.registry import DATASETS, MODELS
from mmmaml.utils import register_all_modules
from mmmaml.utils.mot_files import ID, read_rows

CONFIGS = Path(__file__).parents[2] / 'configs'
TOOLS = CONFIGS.parent / 'tools'
SHORT = {
    'train_cfg.max_epochs': 1,
    'train_dataloader.dataset.num_ways': 4,
    'model.reid.backbone.base_channels': 4,
    'model.reid.head.in_channels': 32,
    'model.tracker.frame_rate': 6,
    'log_level': 'ERROR',
    'randomness.seed': 0,
}
SEQUENCE = 'DEMO-03'


@pytest.fixture
def on_demo_data(mot_root, tmp_path, monkeypatch):
    """A working folder in which the demo configs find generated data."""
    (tmp_path / 'data').mkdir()
    (tmp_path / 'data' / 'demo').symlink_to(mot_root)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv('LOCAL_RANK', '0')
    return tmp_path


def scores_and_tracks(folder: Path) -> tuple[dict, np.ndarray]:
    scores = json.loads((folder / 'metrics.json').read_text())
    return scores['overall'], read_rows(folder / 'results' / f'{SEQUENCE}.txt')


def test_models_of_mmdet_and_mmtrack_track_like_ours(on_demo_data, run_tool):
    ours = CONFIGS / 'demo' / 'maml-mot_r18_demo.py'
    run_tool('train', ours, '--work-dir', 'trained', **SHORT)
    checkpoint = on_demo_data / 'trained' / 'epoch_1.pth'
    state = torch.load(checkpoint, weights_only=False)['state_dict']
    assert state['reid.head.scatter.count'] == 12  # people of two sequences

    run_tool('test', ours, checkpoint, '--work-dir', 'ours', '--show-dir', 'drawn', **SHORT)
    scores, tracks = scores_and_tracks(on_demo_data / 'ours')
    assert scores['MOTA'] > 0.3
    assert tracks[:, ID].max() >= 3
    assert len(list((on_demo_data / 'ours').glob(f'*/drawn/{SEQUENCE}/*.jpg'))) == 30

    for name in ('mmdet-deepsort', 'mmtrack-deepsort'):
        config = CONFIGS / 'compose' / f'{name}_maml-reid_demo.py'
        run_tool('test', config, checkpoint, '--work-dir', name, **SHORT)
        other_scores, other_tracks = scores_and_tracks(on_demo_data / name)
        assert other_scores == scores
        np.testing.assert_array_equal(other_tracks, tracks)

    # The Re-ID network alone, out of the checkpoint of the whole model.
    run_tool('test', config, '--reid', checkpoint, '--work-dir', 'part', **SHORT)
    np.testing.assert_array_equal(scores_and_tracks(on_demo_data / 'part')[1], tracks)


@pytest.fixture
def run_analysis(monkeypatch):
    """``run_analysis('benchmark_meta_step', arguments...)`` calls ``main`` of a tool."""
    folder = TOOLS / 'analysis_tools'
    monkeypatch.syspath_prepend(str(folder))

    def run(name: str, *arguments: object) -> None:
        importlib.import_module(name).main([*map(str, arguments)])

    return run


def test_recognition_after_absences_of_a_trained_network(
    on_demo_data, run_tool, run_analysis, capsys
):
    config = CONFIGS / 'demo' / 'maml-mot_r18_demo.py'
    run_tool('train', config, '--work-dir', 'trained', **SHORT)
    small = Config.fromfile(config)
    small.merge_from_dict(SHORT)
    small.dump('small.py')
    checkpoints = ['trained/epoch_1.pth'] * 2
    capsys.readouterr()
    run_analysis('association_accuracy', 'small.py', *checkpoints, '--json', 'absences.json')
    table = [line.split('|')[1:-1] for line in capsys.readouterr().out.splitlines() if '|' in line]
    assert [cell.strip() for cell in table[0]] == ['adaptation', SEQUENCE, 'all']
    runs = json.loads(Path('absences.json').read_text())
    assert runs[0] == runs[1]
    assert len(table) == 2 + len(runs[0])
    for row in table[2:]:
        absences = runs[0][row[0].strip()][SEQUENCE].values()
        right = sum(a['right'] * a['decisions'] for a in absences)
        share = 100 * right / sum(a['decisions'] for a in absences)
        assert row[2].strip() == f'{share:.1f} ± 0.0'
        assert share > 25  # six people at most: chance is about 20


def test_cost_of_a_meta_step_is_told_as_a_ratio(run_analysis, capsys):
    config = CONFIGS / 'demo' / 'maml-mot_r18_demo.py'
    run_analysis('benchmark_meta_step', config, '--tasks', 1, '--ways', 2, '--rounds', 1)
    rows = [line.split('|')[1:-1] for line in capsys.readouterr().out.splitlines() if '|' in line]
    assert rows[2][0].strip() == 'plain'
    assert float(rows[2][2]) == 1
    assert all(float(row[1]) > 0 and float(row[2]) > 0 for row in rows[2:])


@pytest.mark.slow
@pytest.mark.skipif(torch.cuda.is_available(), reason='needs a machine without a GPU')
def test_two_processes_meta_train_and_test(on_demo_data, run_tool):
    config = CONFIGS / 'demo' / 'maml-mot_r18_demo.py'
    # Gradient steps are what the task memory keeps.
    short = {**SHORT, 'custom_hooks.1.solver': 'gradient'}
    options = [f'{key}={value}' for key, value in short.items()]
    path = f'{Path(sys.executable).parent}:{os.environ["PATH"]}'
    environment = {**os.environ, 'PATH': path, 'OMP_NUM_THREADS': '1'}
    environment.pop('LOCAL_RANK')

    def launch(script: str, *arguments: str) -> None:
        command = ['bash', str(TOOLS / script), *arguments, '--cfg-options', *options]
        subprocess.run(command, env=environment, check=True, timeout=240)

    launch('dist_train.sh', str(config), '2', '--work-dir', 'trained')
    checkpoint = 'trained/epoch_1.pth'
    register_all_modules()
    cfg = Config.fromfile(config)
    cfg.merge_from_dict(short)
    model = MODELS.build(cfg.model)
    load_checkpoint(model, checkpoint)
    model.eval()
    tasks = DATASETS.build(cfg.train_dataloader.dataset)
    tasks = tasks.with_pipeline(cfg.custom_hooks[-1].pipeline)
    memory = model.reid.head.task_memory
    assert len(memory) == len(tasks) == 12
    for index in (0, 1):  # one of each process: both are of the network that was saved
        batch = model.data_preprocessor({k: [v] for k, v in tasks[index].items()}, training=True)
        feats = model.reid.extract_crop_feats(batch['inputs'][0, :, :4].flatten(0, 1))
        torch.testing.assert_close(memory.support[index], feats.detach())

    # The training sequences are two videos, one for each process.
    options.append('test_dataloader.dataset.ann_file=annotations/half-val_cocoformat.json')
    options.append('test_dataloader.dataset.data_prefix.img_path=train')
    launch('dist_test.sh', str(config), checkpoint, '2', '--work-dir', 'both')
    run_tool(
        'test', config, checkpoint, '--work-dir', 'alone', **dict(o.split('=') for o in options)
    )
    both, alone = (json.loads(Path(f, 'metrics.json').read_text()) for f in ('both', 'alone'))
    assert both == alone
    assert len(both['sequences']) == 2


def test_the_plain_twin_trains_and_tracks(on_demo_data, run_tool):
    config = CONFIGS / 'demo' / 'plain-reid_r18_demo.py'
    run_tool('train', config, '--work-dir', 'trained', **SHORT)
    checkpoint = on_demo_data / 'trained' / 'epoch_1.pth'
    state = torch.load(checkpoint, weights_only=False)['state_dict']
    assert state['reid.head.task_memory.support'].numel() == 0
    assert state['reid.head.scatter.count'] == 12
    run_tool('test', config, checkpoint, '--work-dir', 'plain', **SHORT)
    assert scores_and_tracks(on_demo_data / 'plain')[0]['MOTA'] > 0.3
