"""Trainings of the toy config that are left and gone on with, in this process."""

from mmengine.hooks import Hook
from mmengine.registry import RUNNERS

from .toy import config

MAML = {'type': 'MAMLOptimizerHook', 'inner_lr': 0.1}
EVERY_TWO = {'type': 'CheckpointHook', 'by_epoch': False, 'interval': 2}


class Tasks(Hook):
    """Keeps the identities and frames that each iteration sees, and the numbers drawn in it."""

    def __init__(self):
        self.seen = {}

    def before_train_iter(self, runner, batch_idx, data_batch=None):
        samples = data_batch['data_samples']
        self.seen[runner.iter] = [(s.labels.tolist(), s.frame_ids) for s in samples]


def train(cfg, *hooks):
    """Train; the runner, which has ``tasks`` seen."""
    runner, tasks = RUNNERS.build(cfg), Tasks()
    for hook in (tasks, *hooks):
        runner.register_hook(hook)
    runner.train()
    runner.tasks = tasks.seen
    return runner


def two_batches_on(work_dir, **options):
    """A training with a checkpoint every two iterations, five iterations an epoch."""
    return config(
        work_dir,
        **{
            'hooks': [MAML],
            'default_hooks': {'checkpoint': EVERY_TWO},
            'train_cfg': {'by_epoch': True, 'max_epochs': 2},
            **options,
        },
    )


def gone_on(work_dir, checkpoint, **options):
    """The same training, resumed from a checkpoint."""
    return two_batches_on(work_dir, resume=True, load_from=str(checkpoint), **options)


def assert_same_state(a, b):
    """Weights, buffers and optimizer of two runners agree to the last bit."""
    for name, value in a.model.state_dict().items():
        assert (b.model.state_dict()[name] == value).all(), name
    for key, state in a.optim_wrapper.optimizer.state_dict()['state'].items():
        for name, value in state.items():
            found = b.optim_wrapper.optimizer.state_dict()['state'][key][name]
            assert (found == value).all(), name
