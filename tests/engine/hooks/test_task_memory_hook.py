"""Checkpoints and weights that have tasks."""

import torch
from mmengine.hooks import Hook
from mmengine.registry import RUNNERS

from mmmaml.engine import EMAHook

from ..runs import MAML, train, two_batches_on
from ..toy import config

EMA = {'type': 'EMAHook', 'momentum': 0.3}
MEMORY = {'type': 'TaskMemoryHook'}
EACH = {'default_hooks': {'checkpoint': {'type': 'CheckpointHook', 'interval': 1}}}


def saved(folder, epoch):
    return torch.load(folder / f'epoch_{epoch}.pth', weights_only=True)['state_dict']


def tasks_of(state):
    return {k: v for k, v in state.items() if 'task_memory' in k or 'scatter' in k}


class MemorySizes(Hook):
    def __init__(self):
        self.sizes = []

    def after_train_iter(self, runner, *args, **kwargs):
        self.sizes.append(len(runner.model.head.task_memory))


def test_on_demand_checkpoints_in_between_have_tasks_and_training_has_none(tmp_path):
    sizes = MemorySizes()
    cfg = two_batches_on(tmp_path, hooks=[MAML, {**MEMORY, 'interval': 2}], **EACH)
    cfg.train_cfg.max_epochs = 5
    train(cfg, sizes)
    counts = [len(saved(tmp_path, e)['head.task_memory.support']) for e in range(1, 6)]
    assert counts == [0, 10, 0, 10, 10]
    assert not any(sizes.sizes)


def test_a_finished_run_that_goes_on_forgets_its_tasks_first(tmp_path):
    train(two_batches_on(tmp_path, hooks=[MAML, EMA, MEMORY], **EACH))
    sizes = MemorySizes()
    longer = two_batches_on(tmp_path, hooks=[MAML, EMA, MEMORY], resume=True, **EACH)
    longer.train_cfg.max_epochs = 3
    runner = train(longer, sizes)
    assert not any(sizes.sizes)
    assert len(runner.model.head.task_memory) == 10


def rebuilt(folder, checkpoint):
    """Tasks built by a run that starts from weights and does not change them."""
    cfg = two_batches_on(folder, hooks=[MAML, MEMORY], load_from=str(checkpoint))
    cfg.optim_wrapper.optimizer = {'type': 'SGD', 'lr': 0.0}
    cfg.model.backbone.norm_eval = True
    return tasks_of(train(cfg).model.state_dict())


def test_averaged_weights_are_saved_with_tasks_of_their_own(tmp_path):
    for update_buffers in (False, True):
        folder = tmp_path / str(update_buffers)
        ema = {**EMA, 'update_buffers': update_buffers}
        runner = train(two_batches_on(folder, hooks=[MAML, ema, MEMORY], **EACH))
        state = saved(folder, 2)
        assert not torch.equal(state['head.embed.weight'], runner.model.head.weight)
        expected = rebuilt(folder / 'again', folder / 'epoch_2.pth')
        for name, value in tasks_of(state).items():
            torch.testing.assert_close(value, expected[name], rtol=0, atol=0)
        assert len(expected['head.task_memory.support']) == 10


def test_averaged_weights_are_validated_with_tasks_of_their_own(tmp_path):
    runner = train(two_batches_on(tmp_path, hooks=[MAML, EMA, MEMORY], **EACH))
    state = saved(tmp_path, 2)
    before = {name: v.clone() for name, v in runner.model.state_dict().items()}
    (ema,) = (hook for hook in runner.hooks if isinstance(hook, EMAHook))
    ema.before_val_epoch(runner)
    for name, value in runner.model.state_dict().items():
        assert torch.equal(value, state[name]), name
    ema.after_val_epoch(runner)
    for name, value in runner.model.state_dict().items():
        assert torch.equal(value, before[name]), name


def test_a_checkpoint_of_averaged_weights_is_tested_with_its_tasks(tmp_path):
    train(two_batches_on(tmp_path, hooks=[MAML, EMA, MEMORY], **EACH))
    cfg = config(tmp_path / 'b', hooks=[EMA], load_from=str(tmp_path / 'epoch_2.pth'))
    runner = RUNNERS.build(cfg)
    runner.call_hook('before_run')
    runner.load_or_resume()
    runner.call_hook('before_test_epoch')
    found = tasks_of(runner.model.state_dict())
    expected = tasks_of(saved(tmp_path, 2))
    assert all(torch.equal(found[name], expected[name]) for name in expected)
