"""A run that goes on as if nothing had been."""

import pytest
import torch

from mmmaml.engine import CheckpointHook, IterationSeedHook, NonFiniteHook

from ..runs import assert_same_state, gone_on, train, two_batches_on


def test_the_order_of_tasks_follows_the_seed_of_the_checkpoint(tmp_path):
    whole = train(two_batches_on(tmp_path / 'a', randomness={'seed': None}))
    path = tmp_path / 'a' / 'iter_4.pth'
    resumed = train(gone_on(tmp_path / 'b', path, randomness={'seed': None}))
    assert resumed.seed == whole.seed
    assert resumed.tasks == {i: tasks for i, tasks in whole.tasks.items() if i >= 4}
    assert_same_state(resumed, whole)


def test_automatic_resuming_passes_over_what_was_not_written_to_its_end(tmp_path):
    whole = train(two_batches_on(tmp_path))
    for name in ('iter_10.pth', 'iter_8.pth'):
        with (tmp_path / name).open('r+b') as file:
            file.truncate(5000)
    resumed = train(two_batches_on(tmp_path, resume=True))
    assert sorted(resumed.tasks) == [6, 7, 8, 9]
    assert_same_state(resumed, whole)


def test_automatic_resuming_without_a_checkpoint_starts_anew(tmp_path):
    runner = train(two_batches_on(tmp_path, resume=True))
    assert sorted(runner.tasks) == list(range(10))


@pytest.mark.parametrize('failing', [False, True])
def test_a_checkpoint_appears_whole_or_not_at_all(tmp_path, monkeypatch, failing):
    runner = train(two_batches_on(tmp_path))
    before = (tmp_path / 'iter_10.pth').read_bytes()
    if failing:
        monkeypatch.setattr('mmengine.runner.checkpoint.torch.save', _fail_half_way)
        with pytest.raises(OSError, match='disk is full'):
            runner.save_checkpoint(str(tmp_path), 'iter_10.pth')
        assert (tmp_path / 'iter_10.pth').read_bytes() == before
    else:
        runner.save_checkpoint(str(tmp_path), 'iter_10.pth', save_optimizer=False)
        assert 'optimizer' not in torch.load(tmp_path / 'iter_10.pth', weights_only=True)
    assert not list(tmp_path.glob('.*.pth'))


def _fail_half_way(content, file):
    file.write(b'half')
    raise OSError('disk is full')


def kinds(runner):
    return {type(hook) for hook in runner.hooks}


def test_its_hooks_come_by_themselves_and_can_be_left_out(tmp_path):
    ours = {IterationSeedHook, NonFiniteHook, CheckpointHook}
    runner = train(two_batches_on(tmp_path / 'a', default_hooks={}))
    assert ours <= kinds(runner)
    left_out = {'iteration_seed': None, 'non_finite': None, 'checkpoint': None}
    runner = train(two_batches_on(tmp_path / 'b', default_hooks=left_out))
    assert not ours & kinds(runner)
