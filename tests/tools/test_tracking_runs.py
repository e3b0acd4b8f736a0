"""Training and tracking as users start them, from one checkpoint in three frameworks' models."""

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
from tests.tools.demo_runs import SHORT

CONFIGS = Path(__file__).parents[2] / 'configs'
TOOLS = CONFIGS.parent / 'tools'
SEQUENCE = 'DEMO-03'


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
