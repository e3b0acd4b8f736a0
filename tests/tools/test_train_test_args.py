import json
import pickle
from pathlib import Path

import pytest
import torch
from mmengine.runner import EpochBasedTrainLoop, loops

from mmmaml.visualization import plot_training_curves
from tests.apis.small_model import DEMO, OPTIONS

WEIGHT, BIAS = 'reid.weight', 'reid.bias'


def checkpoint_of(path: Path) -> dict:
    return torch.load(path, weights_only=False)


def save_line(path: Path, weight: float, bias: float, prefix: str) -> Path:
    state = {f'{prefix}weight': torch.tensor([[weight]]), f'{prefix}bias': torch.tensor([bias])}
    torch.save({'state_dict': state, 'meta': {}}, path)
    return path


def predictions(path: Path) -> torch.Tensor:
    return torch.cat([sample['found'] for sample in pickle.loads(path.read_bytes())])


def test_work_dir_is_named_after_the_config(toy_config, run_tool):
    run_tool('train', toy_config)
    assert (toy_config.parent / 'work_dirs/toy/epoch_2.pth').is_file()


def test_cfg_options_replace_values(toy_config, run_tool, tmp_path):
    run_tool('train', toy_config, '--work-dir', tmp_path / 'w', **{'train_cfg.max_epochs': 1})
    assert (tmp_path / 'w/epoch_1.pth').is_file()
    assert not (tmp_path / 'w/epoch_2.pth').exists()


def test_resumed_training_equals_uninterrupted_training(toy_config, run_tool, tmp_path):
    three = {'train_cfg.max_epochs': 3}
    run_tool('train', toy_config, '--work-dir', tmp_path / 'whole', **three)
    whole = checkpoint_of(tmp_path / 'whole/epoch_3.pth')
    run_tool('train', toy_config, '--work-dir', tmp_path / 'parts')
    run_tool('train', toy_config, '--work-dir', tmp_path / 'parts', '--resume', **three)
    run_tool(
        'train',
        toy_config,
        '--resume',
        tmp_path / 'parts/epoch_2.pth',
        '--work-dir',
        tmp_path / 'named',
        **three,
    )
    for folder in ('parts', 'named'):
        resumed = checkpoint_of(tmp_path / folder / 'epoch_3.pth')
        assert resumed['meta']['iter'] == whole['meta']['iter'] == 9
        for key, value in whole['state_dict'].items():
            assert torch.equal(resumed['state_dict'][key], value), (folder, key)
    assert not (tmp_path / 'named/epoch_1.pth').exists()


def test_resume_without_a_checkpoint_starts_from_the_beginning(toy_config, run_tool, tmp_path):
    run_tool('train', toy_config, '--resume', '--work-dir', tmp_path / 'new')
    assert checkpoint_of(tmp_path / 'new/epoch_2.pth')['meta']['iter'] == 6


def test_curves_of_a_real_run(toy_config, run_tool, tmp_path):
    run_tool('train', toy_config, '--work-dir', tmp_path / 'w')
    (log,) = (tmp_path / 'w').glob('*/vis_data/scalars.json')
    out = plot_training_curves(log, tmp_path / 'curves.png', keys=['loss', 'lr'])
    assert out.stat().st_size > 1000


def test_auto_scale_lr_scales_by_the_total_batch_size(toy_config, run_tool, tmp_path):
    run_tool(
        'train',
        toy_config,
        '--auto-scale-lr',
        '--work-dir',
        tmp_path / 'w',
        **{'auto_scale_lr.base_batch_size': 8},
    )
    (group,) = checkpoint_of(tmp_path / 'w/epoch_2.pth')['optimizer']['param_groups']
    assert group['lr'] == pytest.approx(0.1 * 4 / 8)


def test_runner_type_of_the_config_is_used(toy_config, run_tool, tmp_path):
    run_tool('train', toy_config, '--work-dir', tmp_path / 'w', runner_type='ToyRunner')
    assert (tmp_path / 'w/toy_runner').exists()


@pytest.mark.parametrize('order', ['checkpoint first', 'options between'])
def test_out_holds_the_predictions_of_the_checkpoint(toy_config, run_tool, tmp_path, order):
    saved = save_line(tmp_path / 'line.pth', 3.0, -1.0, 'reid.')
    options = ('--out', tmp_path / 'found.pkl')
    arguments = (saved, *options) if order == 'checkpoint first' else (*options, saved)
    run_tool('test', toy_config, *arguments)
    expected = 3 * torch.linspace(-1, 1, 12) - 1
    torch.testing.assert_close(predictions(tmp_path / 'found.pkl'), expected)


def test_out_is_written_whole_or_not_at_all(toy_config, run_tool, tmp_path, monkeypatch, capsys):
    saved = save_line(tmp_path / 'line.pth', 3.0, -1.0, 'reid.')
    out = tmp_path / 'found.pkl'
    out.write_bytes(b'as it was')

    def fill_the_disk(content, path):
        path.write_bytes(b'half')
        raise OSError('disk is full')

    monkeypatch.setattr('mmengine.fileio.dump', fill_the_disk)
    with pytest.raises(SystemExit):
        run_tool('test', toy_config, saved, '--out', out)
    assert 'disk is full' in capsys.readouterr().err
    assert out.read_bytes() == b'as it was'
    assert not list(tmp_path.glob('.*.pkl'))


@pytest.mark.parametrize('prefix', ['', 'reid.', 'module.reid.'])
def test_reid_checkpoint_is_loaded_into_its_part(toy_config, run_tool, tmp_path, prefix):
    saved = save_line(tmp_path / 'line.pth', 0.5, 4.0, prefix)
    run_tool('test', toy_config, '--reid', saved, '--out', tmp_path / 'found.pkl')
    expected = 0.5 * torch.linspace(-1, 1, 12) + 4
    torch.testing.assert_close(predictions(tmp_path / 'found.pkl'), expected)


def test_parts_take_the_place_of_load_from_in_the_config(toy_config, run_tool, tmp_path):
    other = save_line(tmp_path / 'other.pth', 9.0, 9.0, 'reid.')
    saved = save_line(tmp_path / 'line.pth', 0.5, 4.0, '')
    run_tool(
        'test', toy_config, '--reid', saved, '--out', tmp_path / 'found.pkl', load_from=str(other)
    )
    assert predictions(tmp_path / 'found.pkl')[-1] == 4.5


def test_show_dir_turns_the_drawing_hook_on(toy_config, run_tool, tmp_path, monkeypatch, capsys):
    saved = save_line(tmp_path / 'line.pth', 1.0, 0.0, 'reid.')
    hook = {
        'default_hooks.visualization.type': 'ToyDrawing',
        'default_hooks.visualization.note': str(tmp_path / 'note.json'),
        'default_hooks.visualization.draw': False,
    }
    run_tool('test', toy_config, saved, '--show-dir', 'frames', **hook)
    note = json.loads((tmp_path / 'note.json').read_text())
    assert note == {'draw': True, 'frame_interval': 1, 'test_out_dir': 'frames'}
    hook['default_hooks.visualization.frame_interval'] = 5
    for name in ('DISPLAY', 'WAYLAND_DISPLAY'):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(SystemExit):
        run_tool('test', toy_config, saved, '--show', **hook)
    assert '--show needs a display, and there is none' in capsys.readouterr().err
    monkeypatch.setenv('DISPLAY', ':0')
    run_tool('test', toy_config, saved, '--show', '--wait-time', '0.5', **hook)
    note = json.loads((tmp_path / 'note.json').read_text())
    assert note == {'draw': True, 'frame_interval': 5, 'show': True, 'wait_time': 0.5}


REFUSED = {
    'config': ('train', ['missing.py'], 'config missing.py does not exist'),
    'test config': ('test', ['missing.py', 'x.pth'], 'config missing.py does not exist'),
    'resume': ('train', ['toy.py', '--resume', 'x.pth'], 'checkpoint x.pth does not exist'),
    'checkpoint': ('test', ['toy.py', 'x.pth'], 'checkpoint x.pth does not exist'),
    'reid': ('test', ['toy.py', '--reid', 'x.pth'], 'checkpoint of the reid x.pth does not'),
    'both': ('test', ['toy.py', 'line.pth', '--reid', 'line.pth'], 'whole model or those of its'),
    'no part': ('test', ['toy.py', '--detector', 'line.pth'], "ToyModel has no part 'detector'"),
    'wrong part': (
        'test',
        ['toy.py', '--reid', 'line.pth'],
        'holds no weight of Linear: it holds',
    ),
    'out': ('test', ['toy.py', 'line.pth', '--out', 'x.json'], 'must end in .pkl'),
    'no hook': ('test', ['toy.py', 'line.pth', '--show-dir', 'd'], 'need a hook that draws'),
    'base batch': ('train', ['toy.py', '--auto-scale-lr'], 'base_batch_size=N'),
    'base config': ('train', ['child.py'], 'config child.py cannot be read'),
}


@pytest.mark.parametrize('case', REFUSED)
def test_wrong_arguments_end_with_one_sentence(toy_config, run_tool, tmp_path, capsys, case):
    tool, arguments, message = REFUSED[case]
    save_line(tmp_path / 'line.pth', 1.0, 0.0, 'backbone.')
    (tmp_path / 'child.py').write_text("_base_ = './missing.py'\n")
    with pytest.raises(SystemExit) as stopped:
        run_tool(tool, *arguments)
    assert stopped.value.code == 2
    error = capsys.readouterr().err
    assert message in error
    assert error.count('\n') == 1


@pytest.mark.skipif(torch.cuda.is_available(), reason='needs a machine without a GPU')
def test_mixed_precision_on_a_cpu_is_refused(toy_config, run_tool, capsys):
    with pytest.raises(SystemExit) as stopped:
        run_tool('train', toy_config, '--amp')
    assert stopped.value.code == 2
    assert '--amp needs a GPU' in capsys.readouterr().err


def test_ctrl_c_names_the_checkpoints_and_training_goes_on_from_there(
    toy_config, run_tool, tmp_path, monkeypatch, capsys
):
    run_epoch = EpochBasedTrainLoop.run_epoch

    def interrupted(loop):
        if loop.epoch == 1:
            raise KeyboardInterrupt
        run_epoch(loop)

    monkeypatch.setattr(EpochBasedTrainLoop, 'run_epoch', interrupted)
    work_dir = tmp_path / 'w'
    with pytest.raises(SystemExit) as stopped:
        run_tool('train', toy_config, '--work-dir', work_dir)
    assert stopped.value.code == 130
    assert capsys.readouterr().err.endswith(
        f': stopped by Ctrl-C: {work_dir} holds epoch_1.pth; --resume goes on from the newest\n'
    )
    monkeypatch.setattr(EpochBasedTrainLoop, 'run_epoch', run_epoch)
    run_tool('train', toy_config, '--work-dir', work_dir, '--resume')
    assert checkpoint_of(work_dir / 'epoch_2.pth')['meta']['iter'] == 6


def test_ctrl_c_before_the_first_checkpoint_is_told(
    toy_config, run_tool, tmp_path, monkeypatch, capsys
):
    def interrupted(loop):
        raise KeyboardInterrupt

    for name, loop in (('train', EpochBasedTrainLoop), ('test', loops.TestLoop)):
        monkeypatch.setattr(loop, 'run', interrupted)
        with pytest.raises(SystemExit) as stopped:
            run_tool(name, toy_config, '--work-dir', tmp_path / 'w')
        assert stopped.value.code == 130
    train, test = capsys.readouterr().err.splitlines()
    assert train.endswith('w holds no checkpoint yet')
    assert 'tracks and scores are written when all is tested' in test


@pytest.mark.parametrize('tool', ['train', 'test'])
def test_data_that_are_not_there_are_told_in_one_sentence(tool, run_tool, tmp_path, capsys):
    where = tmp_path / 'nowhere'
    options = {
        'train_dataloader.dataset.dataset.data_root': where,
        'test_dataloader.dataset.data_root': where,
        'log_level': 'ERROR',
        **OPTIONS,
    }
    arguments = (DEMO, '--work-dir', tmp_path / 'w')
    with pytest.raises(SystemExit) as stopped:
        run_tool(tool, *arguments, **options)
    assert stopped.value.code == 2
    error = capsys.readouterr().err
    assert 'nowhere/annotations' in error
    assert 'Traceback' not in error
    assert error.count('\n') == 1
    with pytest.raises(FileNotFoundError):
        run_tool(tool, *arguments, '--debug', **options)


def test_errors_of_a_training_that_runs_keep_their_place(
    toy_config, run_tool, tmp_path, monkeypatch
):
    run_iter = EpochBasedTrainLoop.run_iter

    def broken(loop, idx, batch):
        if idx == 2:
            raise ValueError('of the third iteration')
        run_iter(loop, idx, batch)

    monkeypatch.setattr(EpochBasedTrainLoop, 'run_iter', broken)
    with pytest.raises(ValueError, match='of the third iteration'):
        run_tool('train', toy_config, '--work-dir', tmp_path / 'w')


def weights_alone(path: Path) -> Path:
    return save_line(path, 1.0, 0.0, 'reid.')


def half_of_it(path: Path) -> Path:
    torch.save({'state_dict': {WEIGHT: torch.ones(1, 1)}, 'meta': {}}, path)
    return path


def of_another_shape(path: Path) -> Path:
    state = {WEIGHT: torch.ones(2, 1), BIAS: torch.ones(2)}
    torch.save({'state_dict': state, 'meta': {}, 'message_hub': {}, 'optimizer': {}}, path)
    return path


def text(path: Path) -> Path:
    path.write_text('not a checkpoint')
    return path


@pytest.mark.parametrize(
    ('tool', 'options', 'make', 'message'),
    [
        ('train', ['--resume'], weights_alone, 'x.pth holds no message_hub and no optimizer, so'),
        ('train', ['--resume'], of_another_shape, '0 of the 2 weights of ToyModel fit'),
        ('train', ['--resume'], text, 'x.pth is damaged, or no checkpoint'),
        ('test', [], half_of_it, '1 of the 2 weights of ToyModel fit; it lacks reid.bias (1)'),
        ('test', [], of_another_shape, 'x.pth holds no weight of ToyModel'),
        ('test', [], text, 'x.pth is damaged, or no checkpoint'),
        ('test', ['--reid'], half_of_it, '1 of the 2 weights of Linear fit; it lacks bias (1)'),
    ],
)
def test_checkpoints_that_do_not_fit_end_with_one_sentence(
    toy_config, run_tool, tmp_path, capsys, tool, options, make, message
):
    path = make(tmp_path / 'x.pth')
    with pytest.raises(SystemExit) as stopped:
        run_tool(tool, toy_config, *options, path, runner_type='mmmaml.MetaRunner')
    assert stopped.value.code == 2
    error = capsys.readouterr().err
    assert message in error
    assert error.count('\n') == 1


def test_a_second_training_in_the_folder_ends_with_one_sentence(
    toy_config, run_tool, tmp_path, capsys, monkeypatch
):
    def taken(file, operation):
        raise BlockingIOError

    monkeypatch.setattr('mmmaml.engine.runner.work_folder.fcntl.lockf', taken)
    with pytest.raises(SystemExit) as stopped:
        run_tool('train', toy_config, '--work-dir', tmp_path, runner_type='mmmaml.MetaRunner')
    assert stopped.value.code == 2
    error = capsys.readouterr().err
    assert 'is in use by another training' in error
    assert error.count('\n') == 1
