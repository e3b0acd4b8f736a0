"""An epoch that can be entered where it was left."""

from collections.abc import Iterable
from itertools import islice
from typing import Any

from mmengine.dist import get_world_size
from mmengine.runner import EpochBasedTrainLoop as Base

from mmmaml.datasets import EpisodeSampler
from mmmaml.registry import LOOPS


@LOOPS.register_module()
class EpochBasedTrainLoop(Base):
    """MMEngine's loop, which goes on within an epoch after a checkpoint from within an epoch.

    MMEngine's own starts that epoch again, so that its first tasks are seen twice and the
    iterations count past their end. Where the batch or the number of processes changed in
    between, the tasks of the epoch that were seen stay seen, rounded to whole batches.
    """

    def run_epoch(self) -> None:
        """Run an epoch, or what is left of it."""
        self.runner.call_hook('before_train_epoch')
        self.runner.model.train()
        done = self._batches_done()
        for idx, batch in enumerate(self._batches_after(done), start=done):
            self.run_iter(idx, batch)
        self.runner.call_hook('after_train_epoch')
        self._epoch += 1

    def _batches_done(self) -> int:
        """Count the batches of this epoch before the checkpoint that the run was resumed from."""
        hub = self.runner.message_hub
        tasks = self._tasks_a_batch()
        begun = hub.runtime_info.get('epoch_begun')
        if begun is not None and begun['epoch'] == self._epoch and begun['iter'] < self._iter:
            done = (self._iter - begun['iter']) * begun['tasks_a_batch'] // tasks
        else:
            done = 0
        start = {'epoch': self._epoch, 'iter': self._iter - done, 'tasks_a_batch': tasks}
        hub.update_info('epoch_begun', start)
        return done

    def _batches_after(self, done: int) -> Iterable[Any]:
        sampler = self.dataloader.sampler
        if done and isinstance(sampler, EpisodeSampler):
            sampler.start_at(done * (self.dataloader.batch_size or 1))
            return self.dataloader
        return islice(iter(self.dataloader), done, None)

    def _tasks_a_batch(self) -> int:
        return (self.dataloader.batch_size or 1) * get_world_size()
