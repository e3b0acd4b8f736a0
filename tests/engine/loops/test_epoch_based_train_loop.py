"""Epochs that are entered where they were left."""

import mmengine.runner
import pytest
from mmengine.config import ConfigDict

from mmmaml.engine import EpochBasedTrainLoop

from ..runs import assert_same_state, gone_on, train, two_batches_on


@pytest.mark.parametrize('left', [2, 4, 8])
def test_the_rest_of_an_epoch_is_as_if_it_had_not_been_left(tmp_path, left):
    whole = train(two_batches_on(tmp_path / 'a'))
    resumed = train(gone_on(tmp_path / 'b', tmp_path / 'a' / f'iter_{left}.pth'))
    assert isinstance(resumed.train_loop, EpochBasedTrainLoop)
    assert resumed.tasks == {i: tasks for i, tasks in whole.tasks.items() if i >= left}
    assert (resumed.iter, resumed.epoch) == (10, 2)
    assert_same_state(resumed, whole)


def test_a_checkpoint_of_the_last_batch_leaves_the_end_of_the_epoch_to_do(tmp_path):
    hooks = {'checkpoint': {'type': 'CheckpointHook', 'by_epoch': False, 'interval': 5}}
    schedule = [{'type': 'MultiStepLR', 'by_epoch': True, 'milestones': [1], 'gamma': 0.1}]
    options = {'default_hooks': hooks, 'param_scheduler': schedule}
    whole = train(two_batches_on(tmp_path / 'a', **options))
    resumed = train(gone_on(tmp_path / 'b', tmp_path / 'a' / 'iter_5.pth', **options))
    assert resumed.optim_wrapper.get_lr() == whole.optim_wrapper.get_lr() == {'lr': [1e-3]}
    assert_same_state(resumed, whole)


def test_with_another_batch_size_tasks_that_were_seen_stay_seen(tmp_path):
    whole = train(two_batches_on(tmp_path / 'a'))
    cfg = gone_on(tmp_path / 'b', tmp_path / 'a' / 'iter_2.pth')
    cfg.train_dataloader.batch_size = 1
    resumed = train(cfg)
    tasks = [task for i in range(10) for task in whole.tasks[i]]
    assert [task for batch in resumed.tasks.values() for task in batch] == tasks[4:]


def test_a_sampler_that_cannot_start_within_is_advanced(tmp_path):
    loader = two_batches_on(tmp_path).train_dataloader
    loader.sampler.type = 'DefaultSampler'
    whole = train(two_batches_on(tmp_path / 'a', train_dataloader=loader))
    path = tmp_path / 'a' / 'iter_8.pth'
    resumed = train(gone_on(tmp_path / 'b', path, train_dataloader=loader))
    assert resumed.tasks == {i: whole.tasks[i] for i in (8, 9)}


def test_counted_in_iterations_with_a_sampler_without_an_end(tmp_path):
    loader = two_batches_on(tmp_path).train_dataloader
    loader.sampler.type = 'InfiniteEpisodeSampler'
    loader.batch_size = 3  # does not divide the ten tasks of an epoch
    options = {
        'train_cfg': ConfigDict(type='IterBasedTrainLoop', max_iters=8),
        'train_dataloader': loader,
    }
    whole = train(two_batches_on(tmp_path / 'a', **options))
    assert all(len(tasks) == 3 for tasks in whole.tasks.values())
    resumed = train(gone_on(tmp_path / 'b', tmp_path / 'a' / 'iter_4.pth', **options))
    assert resumed.tasks == {i: tasks for i, tasks in whole.tasks.items() if i >= 4}
    assert_same_state(resumed, whole)


def test_without_a_type_the_loop_is_ours_and_counting_iterations_is_mmengines(tmp_path):
    runner = train(two_batches_on(tmp_path, train_cfg={'by_epoch': True, 'max_epochs': 1}))
    assert type(runner.train_loop) is EpochBasedTrainLoop
    cfg = two_batches_on(tmp_path / 'b', train_cfg={'by_epoch': False, 'max_iters': 1})
    assert type(train(cfg).train_loop) is mmengine.runner.IterBasedTrainLoop
