"""A work folder has one training at a time, and is free when that one has ended, however."""

import multiprocessing
import os
import signal
import time
from contextlib import contextmanager

import pytest

from mmmaml.engine.runner import work_folder
from mmmaml.engine.runner.work_folder import LOCK_NAME, sole_training

from ..runs import train
from ..toy import config

FORK = multiprocessing.get_context('fork')


def hold(folder, pipe, with_child=False):
    with sole_training(folder):
        child = FORK.Process(target=time.sleep, args=(60,))
        if with_child:
            child.start()  # as a worker that loads images
        pipe.send(child.pid)
        pipe.recv()


@contextmanager
def training_elsewhere(folder, **options):
    """Hold the folder in another process, until the pipe is told that it ends or it is killed."""
    ours, theirs = FORK.Pipe()
    other = FORK.Process(target=hold, args=(folder, theirs), kwargs=options)
    other.start()
    child = None
    try:
        assert ours.poll(20)
        child = ours.recv()
        yield other, ours
    finally:
        other.kill()
        other.join()
        if child is not None:
            os.kill(child, signal.SIGKILL)


def test_a_second_training_is_refused_and_told_who_has_the_folder(tmp_path):
    with (
        training_elsewhere(tmp_path) as (other, _),
        pytest.raises(BlockingIOError, match=rf'{tmp_path.name} is in use .* {other.pid} on '),
        sole_training(tmp_path),
    ):
        pass
    with sole_training(tmp_path):
        assert (tmp_path / LOCK_NAME).is_file()
    assert not (tmp_path / LOCK_NAME).exists()


def test_the_folder_is_free_after_an_end_in_order(tmp_path):
    with training_elsewhere(tmp_path) as (other, pipe):
        pipe.send('leave')
        other.join()
        assert other.exitcode == 0
        assert not (tmp_path / LOCK_NAME).exists()
        with sole_training(tmp_path):
            pass


def test_a_killed_training_leaves_the_folder_free_also_if_its_workers_live(tmp_path):
    with training_elsewhere(tmp_path, with_child=True) as (other, _):
        other.kill()
        other.join()
        assert (tmp_path / LOCK_NAME).exists()
        with sole_training(tmp_path):
            assert str(os.getpid()) in (tmp_path / LOCK_NAME).read_text()


def test_an_error_in_training_frees_the_folder(tmp_path):
    with pytest.raises(RuntimeError, match='of the training'), sole_training(tmp_path):
        raise RuntimeError('of the training')
    assert not (tmp_path / LOCK_NAME).exists()


def test_a_file_that_was_removed_meanwhile_is_no_lock(tmp_path, monkeypatch):
    """The training before may end between the opening of its file and its locking."""
    lock, lockf = tmp_path / LOCK_NAME, work_folder.fcntl.lockf
    removed = []

    def remove_first(file, operation):
        if not removed:
            removed.append(lock.stat().st_ino)
            lock.rename(tmp_path / 'gone')
        return lockf(file, operation)

    monkeypatch.setattr(work_folder.fcntl, 'lockf', remove_first)
    with sole_training(tmp_path):
        assert lock.stat().st_ino != removed[0]


def test_without_locks_a_training_goes_on_with_a_warning(tmp_path, monkeypatch, log_lines):
    def unsupported(file, operation):
        raise OSError(37, 'No locks available')

    monkeypatch.setattr(work_folder.fcntl, 'lockf', unsupported)
    with sole_training(tmp_path):
        pass
    assert [line for line in log_lines if 'cannot be locked' in line]


def test_all_ranks_refuse_together(tmp_path, monkeypatch):
    """Ranks but the first ask for no lock; they hear what became of it."""
    monkeypatch.setattr(work_folder, 'is_main_process', lambda: False)

    def hear(values):
        values[0] = 'in use'

    monkeypatch.setattr(work_folder, 'broadcast_object_list', hear)
    with pytest.raises(BlockingIOError, match='in use'), sole_training(tmp_path):
        pass
    assert not (tmp_path / LOCK_NAME).exists()


def test_the_runner_holds_its_folder_while_it_trains(tmp_path):
    with (
        training_elsewhere(tmp_path),
        pytest.raises(BlockingIOError, match='is in use by another training'),
    ):
        train(config(tmp_path, epochs=1))
    assert not list(tmp_path.glob('*.pth'))
    train(config(tmp_path, epochs=1))
    assert (tmp_path / 'epoch_1.pth').is_file()
    assert not (tmp_path / LOCK_NAME).exists()
