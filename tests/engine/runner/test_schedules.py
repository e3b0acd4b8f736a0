"""The rate falls over the whole training, however long, and also where it is gone on with."""

import math

import pytest
import torch
from mmengine.config import Config
from mmengine.hooks import Hook
from mmengine.optim import build_optim_wrapper
from mmengine.registry import PARAM_SCHEDULERS

from mmmaml.engine.runner.schedules import misfits
from tests.test_configs import ROOT

from ..runs import MAML, train
from ..toy import config

COSINE = {'type': 'CosineAnnealingLR', 'by_epoch': True}
ITERS = 5
"""Iterations of an epoch of the toy data."""


class Lrs(Hook):
    """Keeps the rate of each iteration."""

    def __init__(self):
        self.seen = {}

    def before_train_iter(self, runner, batch_idx, data_batch=None):
        self.seen[runner.iter] = runner.optim_wrapper.get_lr()['lr'][0]


def lrs_of(work_dir, epochs, schedule, **options):
    lrs = Lrs()
    cfg = config(work_dir, epochs=epochs, hooks=[MAML], param_scheduler=schedule, **options)
    cfg.train_cfg = {'by_epoch': True, 'max_epochs': epochs}
    train(cfg, lrs)
    return lrs.seen


def cosine(step, length, lr=1e-2):
    return pytest.approx(lr * (1 + math.cos(math.pi * step / length)) / 2, abs=1e-9)


@pytest.mark.parametrize('name', ['demo/maml-mot_r18_demo.py', 'one_shot/one-shot_r18_demo.py'])
@pytest.mark.parametrize('epochs', [3, 30])
def test_schedules_of_the_demo_follow_the_number_of_epochs(tmp_path, name, epochs):
    demo = Config.fromfile(ROOT / name)
    demo.merge_from_dict({'train_cfg.max_epochs': epochs})  # as by --cfg-options
    schedule = demo.param_scheduler
    seen = lrs_of(tmp_path, demo.train_cfg.max_epochs, schedule)
    rates = [seen[i] for i in range(epochs * ITERS)]
    assert rates == sorted(rates, reverse=True)
    by_iter = schedule[0].get('convert_to_iter_based', False)
    last = epochs * ITERS - 1 if by_iter else epochs - 1
    assert rates[-1] == cosine(last, epochs * ITERS if by_iter else epochs)


def test_a_training_made_longer_goes_on_as_the_long_one(tmp_path):
    lrs_of(tmp_path, 2, [COSINE])
    options = {'resume': True, 'log_level': 'WARNING'}
    resumed = lrs_of(tmp_path, 6, [COSINE], **options)
    assert sorted(resumed) == list(range(2 * ITERS, 6 * ITERS))
    for i, lr in resumed.items():
        assert lr == cosine(i // ITERS, 6)


def logged(tmp_path):
    return ''.join(path.read_text() for path in tmp_path.glob('*/*.log'))


@pytest.mark.parametrize(
    ('schedule', 'lr', 'told'),
    [
        ([COSINE], 1e-2, None),
        ([COSINE], 4e-2, '0.01 there as lr, 0.04 in the config'),
        ([{**COSINE, 'eta_min': 1e-3}], 1e-2, 'eta_min 0.0 there, 0.001 in the config'),
        ([{'type': 'MultiStepLR', 'milestones': [2]}], 1e-2, 'milestones none there, [2] in the'),
        ([], 1e-2, '1 schedules there, 0 in the config'),
    ],
)
def test_another_schedule_takes_over_and_says_so(tmp_path, schedule, lr, told):
    """The rates from there on are those of a training that had it from the start."""
    optim = {'optim_wrapper': {'optimizer': {'type': 'Adam', 'lr': lr}}}
    lrs_of(tmp_path / 'a', 3, [COSINE])
    path = str(tmp_path / 'a' / 'epoch_1.pth')
    options = {**optim, 'resume': True, 'load_from': path, 'log_level': 'WARNING'}
    resumed = lrs_of(tmp_path / 'b', 3, schedule, **options)
    whole = lrs_of(tmp_path / 'c', 3, schedule, **optim)
    assert resumed == {i: pytest.approx(whole[i]) for i in range(ITERS, 3 * ITERS)}
    text = logged(tmp_path / 'b')
    assert ('was trained by another schedule' in text) is (told is not None)
    assert told is None or told in text


def test_resuming_within_an_epoch_replays_iterations_and_epochs(tmp_path):
    schedule = [
        {'type': 'LinearLR', 'by_epoch': False, 'start_factor': 0.1, 'end': 8},
        {**COSINE, 'eta_min': 1e-4},
    ]
    every_two = {'checkpoint': {'type': 'CheckpointHook', 'by_epoch': False, 'interval': 2}}
    lrs_of(tmp_path / 'a', 3, [COSINE], default_hooks=every_two)
    whole = lrs_of(tmp_path / 'b', 3, schedule)
    path = str(tmp_path / 'a' / 'iter_6.pth')
    resumed = lrs_of(tmp_path / 'c', 3, schedule, resume=True, load_from=path)
    assert resumed == {i: pytest.approx(whole[i]) for i in range(6, 3 * ITERS)}


def built(**schedule):
    model = torch.nn.Linear(1, 1)
    wrapper = build_optim_wrapper(model, {'optimizer': {'type': 'SGD', 'lr': 0.1}})
    return PARAM_SCHEDULERS.build(schedule, default_args={'optimizer': wrapper})


@pytest.mark.parametrize(
    ('schedule', 'sentence'),
    [
        ({**COSINE, 'T_max': 20}, 'rises again from epoch 20 on; leave T_max out'),
        ({**COSINE, 'T_max': 40}, None),
        ({**COSINE, 'T_max': 20, 'end': 20}, None),
        ({**COSINE, 'T_max': 90, 'by_epoch': False}, 'rises again from iteration 90 on'),
        ({'type': 'MultiStepLR', 'milestones': [50, 60]}, 'the same throughout; set milestones'),
        ({'type': 'MultiStepLR', 'milestones': [39, 60]}, None),
    ],
)
def test_schedules_that_do_not_fit_the_training_are_told(schedule, sentence):
    found = list(misfits([built(**schedule)], epochs=40, iters=200))
    assert len(found) == (sentence is not None)
    assert all(sentence in each for each in found)


def test_a_training_warns_of_them(tmp_path):
    lrs_of(tmp_path, 3, [{**COSINE, 'T_max': 1}], log_level='WARNING')
    assert 'comes down within T_max=1 epochs and training takes 3' in logged(tmp_path)
