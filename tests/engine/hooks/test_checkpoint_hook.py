"""The content of checkpoints, and the files that are there at any moment."""

import pytest
import torch
from mmengine.hooks import Hook

from mmmaml.engine import CheckpointHook

from ..runs import EVERY_TWO, MAML, assert_same_state, gone_on, train, two_batches_on

SCHEDULES = [
    {'type': 'LinearLR', 'by_epoch': False, 'start_factor': 0.1, 'end': 3},
    {'type': 'CosineAnnealingLR', 'by_epoch': True, 'T_max': 2, 'convert_to_iter_based': True},
    {'type': 'MultiStepLR', 'by_epoch': True, 'milestones': [1]},
    {'type': 'PolyLR', 'power': 0.9, 'by_epoch': False, 'end': 10},
    {'type': 'ExponentialLR', 'gamma': 0.9},
]


def files(folder):
    return sorted(path.name for path in folder.glob('*.pth'))


def test_everything_that_a_run_keeps_loads_safely(tmp_path):
    options = {
        'hooks': [MAML, {'type': 'TaskMemoryHook'}, {'type': 'EMAHook'}],
        'head': {'learn_inner_lr': True},
        'param_scheduler': SCHEDULES,
        'optim_wrapper': {
            'optimizer': {'type': 'Adam', 'lr': 1e-2},
            'clip_grad': {'max_norm': 1.0},
            'paramwise_cfg': {'bias_lr_mult': 2.0},
        },
    }
    whole = train(two_batches_on(tmp_path / 'a', **options))
    for path in (tmp_path / 'a').glob('*.pth'):
        content = torch.load(path, weights_only=True)
        assert {'state_dict', 'optimizer', 'ema_state_dict', 'message_hub'} <= set(content)
    resumed = train(gone_on(tmp_path / 'b', tmp_path / 'a' / 'iter_4.pth', **options))
    assert_same_state(resumed, whole)
    losses = [runner.message_hub.get_scalar('train/loss').data[0] for runner in (whole, resumed)]
    assert losses[0].tolist() == losses[1].tolist()  # iterations before the checkpoint included


@pytest.mark.parametrize('left', [2, 4, 6])
def test_gradients_between_steps_are_kept(tmp_path, left):
    wrapper = {'optimizer': {'type': 'Adam', 'lr': 1e-2}, 'accumulative_counts': 4}
    whole = train(two_batches_on(tmp_path / 'a', optim_wrapper=wrapper))
    path = tmp_path / 'a' / f'iter_{left}.pth'
    assert ('gradients' in torch.load(path, weights_only=True)) == (left % 4 != 0)
    resumed = train(gone_on(tmp_path / 'b', path, optim_wrapper=wrapper))
    assert_same_state(resumed, whole)


def test_an_outdated_checkpoint_stays_until_the_next_one_is_named(tmp_path, monkeypatch):
    there = []
    remove = CheckpointHook._remove

    def removing(hook, filename):
        last = (tmp_path / 'last_checkpoint').read_text().rsplit('/')[-1]
        there.append((filename, last, files(tmp_path)))
        remove(hook, filename)

    monkeypatch.setattr(CheckpointHook, '_remove', removing)
    train(
        two_batches_on(tmp_path, default_hooks={'checkpoint': {**EVERY_TWO, 'max_keep_ckpts': 1}})
    )
    assert there == [
        (f'iter_{i}.pth', f'iter_{i + 2}.pth', sorted([f'iter_{i}.pth', f'iter_{i + 2}.pth']))
        for i in (2, 4, 6, 8)
    ]
    assert files(tmp_path) == ['iter_10.pth']


def test_what_a_killed_run_did_not_come_to_remove_is_removed(tmp_path, monkeypatch):
    saving = {'default_hooks': {'checkpoint': {**EVERY_TWO, 'max_keep_ckpts': 1}}}

    def end(hook, filename):
        raise InterruptedError(filename)

    with monkeypatch.context() as patch:
        patch.setattr(CheckpointHook, '_remove', end)
        with pytest.raises(InterruptedError, match='iter_2'):
            train(two_batches_on(tmp_path, **saving))
    assert files(tmp_path) == ['iter_2.pth', 'iter_4.pth']
    train(two_batches_on(tmp_path, resume=True, **saving))
    assert files(tmp_path) == ['iter_10.pth']


def test_what_a_killed_run_left_half_written_is_removed(tmp_path):
    tmp_path.joinpath('.abcd1234.pth').write_bytes(b'half')
    tmp_path.joinpath('.mine.pth').write_bytes(b'whole')
    train(two_batches_on(tmp_path))
    assert [path.name for path in tmp_path.glob('.*.pth')] == ['.mine.pth']


@pytest.mark.parametrize('by_epoch', [True, False])
def test_the_last_checkpoint_has_the_task_memory(tmp_path, by_epoch):
    saving = {'type': 'CheckpointHook', 'by_epoch': by_epoch, 'interval': 1}
    hooks = [MAML, {'type': 'TaskMemoryHook'}]
    train(two_batches_on(tmp_path, hooks=hooks, default_hooks={'checkpoint': saving}))
    last = torch.load((tmp_path / 'last_checkpoint').read_text(), weights_only=True)
    assert len(last['state_dict']['head.task_memory.support']) == 10
    assert (last['meta']['epoch'], last['meta']['iter']) == (2, 10)


class Validated(Hook):
    """Hands scores to the hook as a validation after each epoch would."""

    priority = 'LOWEST'

    def after_train_epoch(self, runner):
        scores = {'accuracy': torch.tensor([0.5, 0.25])[runner.epoch].numpy()[()]}
        runner.train_loop._epoch += 1
        (saving,) = (hook for hook in runner.hooks if isinstance(hook, CheckpointHook))
        saving.after_val_epoch(runner, scores)
        runner.train_loop._epoch -= 1


def test_the_best_checkpoint_loads_safely_too(tmp_path):
    saving = {'type': 'CheckpointHook', 'interval': 1, 'save_best': 'accuracy', 'rule': 'greater'}
    train(two_batches_on(tmp_path, default_hooks={'checkpoint': saving}), Validated())
    assert files(tmp_path) == ['best_accuracy_epoch_1.pth', 'epoch_1.pth', 'epoch_2.pth']
    hub = torch.load(tmp_path / 'epoch_2.pth', weights_only=True)['message_hub']
    assert hub['runtime_info']['best_score'] == 0.5
    assert torch.load(tmp_path / 'best_accuracy_epoch_1.pth', weights_only=True)['state_dict']
