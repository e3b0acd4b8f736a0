"""Steps that are not finite are not taken, and their tasks named."""

import re

import pytest
import torch
from mmengine.hooks import Hook
from mmengine.optim import OptimWrapper
from mmengine.registry import OPTIM_WRAPPERS
from mmengine.structures import BaseDataElement

from mmmaml.engine import NonFiniteHook
from mmmaml.engine.tasks.non_finite_tasks import describe_sample

from ..runs import MAML, assert_same_state, train, two_batches_on


class Poison(Hook):
    """Puts a NaN into a task of some iterations."""

    def __init__(self, *iterations, task=1):
        self.iterations, self.task = iterations, task
        self.named, self.states = [], {}

    def before_train_iter(self, runner, batch_idx, data_batch=None):
        if runner.iter in self.iterations:
            sample = data_batch['data_samples'][self.task]
            self.named.append((str(sample.instance_ids), *sample.img_paths))
            data_batch['inputs'] = [images.float() for images in data_batch['inputs']]
            data_batch['inputs'][self.task][0, 0, 0, 0, 0] = torch.nan

    def after_train_iter(self, runner, *args, **kwargs):
        self.states[runner.iter] = {
            name: value.clone() for name, value in runner.model.state_dict().items()
        }


def watched(folder, policy='stop', max_in_row=10, **options):
    hook = {'type': 'NonFiniteHook', 'nan_policy': policy, 'max_in_row': max_in_row}
    return two_batches_on(
        folder, **{'default_hooks': {'non_finite': hook, 'checkpoint': None}, **options}
    )


def test_training_stops_and_names_iteration_identities_and_files(tmp_path):
    poison = Poison(7)
    with pytest.raises(FloatingPointError) as stopped:
        train(watched(tmp_path), poison)
    message = str(stopped.value)
    assert message.startswith('iteration 8 (epoch 2): the step is not finite and was not taken.')
    assert 'rank 0: the loss (loss=nan, loss_query=nan' in message
    assert all(name in message for name in poison.named[0])
    assert message.count('the task of identities') == 1  # the other one of the batch is well


def test_a_skipped_step_leaves_the_model_as_it_was_and_is_counted(tmp_path, capsys):
    poison = Poison(3, 6)
    runner = train(watched(tmp_path, 'skip'), poison)
    assert runner.message_hub.get_info('skipped_steps') == 2
    for i in range(1, 10):
        before, after = poison.states[i - 1], poison.states[i]
        same = [torch.equal(before[name], after[name]) for name in before]
        assert all(same) if i in (3, 6) else not all(same)
    assert all(value.isfinite().all() for value in poison.states[9].values())
    log = capsys.readouterr().out
    assert all(part in log for names in poison.named for part in names)
    assert re.findall(r'Skipped, \d so far', log) == ['Skipped, 1 so far', 'Skipped, 2 so far']


def test_too_many_in_a_row_stop_after_all(tmp_path):
    train(watched(tmp_path / 'a', 'skip', max_in_row=3), Poison(1, 2, 4, 5, 7))
    with pytest.raises(FloatingPointError, match=r'iteration 5 .*\n.*\nThis was step 3 in a row'):
        train(watched(tmp_path / 'b', 'skip', max_in_row=3), Poison(2, 3, 4))


def test_an_accumulated_step_is_refused_as_a_whole(tmp_path):
    wrapper = {'optimizer': {'type': 'SGD', 'lr': 0.1}, 'accumulative_counts': 2}
    poison = Poison(2)
    runner = train(watched(tmp_path, 'skip', optim_wrapper=wrapper), poison)
    assert runner.message_hub.get_info('skipped_steps') == 1
    for name, value in poison.states[1].items():
        assert torch.equal(value, poison.states[3][name]), name


@pytest.mark.parametrize('policy', ['stop', 'skip'])
def test_finite_training_is_the_same_to_the_last_bit(tmp_path, policy):
    hooks = {'non_finite': None, 'checkpoint': None}
    without = train(two_batches_on(tmp_path / 'a', default_hooks=hooks))
    assert_same_state(train(watched(tmp_path / 'b', policy)), without)


def test_an_inner_rate_that_is_far_too_large_is_found_in_the_inner_step(tmp_path):
    cfg = watched(tmp_path, hooks=[{**MAML, 'inner_lr': 1e39, 'num_steps': 2}])
    with pytest.raises(FloatingPointError, match=r'the inner step \(.*query_ce_adapted=nan'):
        train(cfg)


@OPTIM_WRAPPERS.register_module(force=True)
class Scaled(OptimWrapper):
    """Leaves a step out by itself where a gradient overflowed, as mixed precision does."""

    def backward(self, loss, **kwargs):
        super().backward(loss, **kwargs)
        if self._inner_count == 3:
            self.optimizer.param_groups[0]['params'][0].grad.fill_(torch.inf)

    def step(self, **kwargs):
        parameters = self.optimizer.param_groups[0]['params']
        if all(p.grad is None or p.grad.isfinite().all() for p in parameters):
            super().step(**kwargs)


def test_an_overflow_of_the_loss_scaling_alone_is_not_counted(tmp_path):
    wrapper = {'type': 'Scaled', 'optimizer': {'type': 'SGD', 'lr': 0.1}}
    runner = train(watched(tmp_path / 'a', optim_wrapper=wrapper))
    assert 'skipped_steps' not in runner.message_hub.runtime_info
    poison = Poison(5)
    runner = train(watched(tmp_path / 'b', 'skip', optim_wrapper=wrapper), poison)
    assert runner.message_hub.get_info('skipped_steps') == 1
    assert torch.equal(
        poison.states[4]['head.embed.weight'], poison.states[5]['head.embed.weight']
    )


class PoisonGradient(Hook):
    """Gives the gradient of an iteration a NaN, but not its loss."""

    def __init__(self, iteration):
        self.iteration = iteration

    def before_train_iter(self, runner, batch_idx, data_batch=None):
        if runner.iter != self.iteration:
            return

        def spoil(module, inputs, output):
            output.register_hook(lambda grad: grad * torch.nan)

        self.handle = runner.model.backbone.conv1.register_forward_hook(spoil)

    def after_train_iter(self, runner, *args, **kwargs):
        if runner.iter == self.iteration:
            self.handle.remove()


def test_a_gradient_that_the_loss_scaling_is_not_to_blame_for_is_caught(tmp_path):
    wrapper = {'type': 'Scaled', 'optimizer': {'type': 'SGD', 'lr': 0.1}}
    with pytest.raises(FloatingPointError, match=r'iteration 6 .*\n  rank 0: the gradient \(back'):
        train(watched(tmp_path / 'a', optim_wrapper=wrapper), PoisonGradient(5))
    runner = train(watched(tmp_path / 'b', 'skip', optim_wrapper=wrapper), PoisonGradient(5))
    assert runner.message_hub.get_info('skipped_steps') == 1


def test_looking_for_the_culprit_moves_no_running_statistics(tmp_path):
    scaled = {'type': 'Scaled', 'optimizer': {'type': 'SGD', 'lr': 0.1}}
    trainings = [
        watched(tmp_path / 'a', optim_wrapper=scaled),
        two_batches_on(
            tmp_path / 'b',
            optim_wrapper=scaled,
            default_hooks={'non_finite': None, 'checkpoint': None},
        ),
    ]
    with_hook, without = (train(cfg) for cfg in trainings)
    assert_same_state(with_hook, without)


@pytest.mark.parametrize(
    ('arguments', 'message'),
    [
        ({'nan_policy': 'warn'}, "nan_policy must be 'stop' or 'skip', got 'warn'"),
        ({'max_in_row': 0}, 'max_in_row must be at least 1, got 0'),
    ],
)
def test_arguments_out_of_range(arguments, message):
    with pytest.raises(ValueError, match=message):
        NonFiniteHook(**arguments)


def test_samples_of_single_frames_are_described_too():
    frame = BaseDataElement(metainfo={'img_path': 'a/000001.jpg', 'video_id': 3})
    assert describe_sample(frame) == 'video 3; files a/000001.jpg'
    assert describe_sample(BaseDataElement()) == 'a sample without metainfo'
