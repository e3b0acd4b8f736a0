"""The arguments of the hook are the knobs of the inner loop."""

import pytest

from mmmaml.engine import MAMLOptimizerHook
from mmmaml.models.reid import InnerLoopCfg


def test_every_knob_is_an_argument():
    knobs = {
        'inner_lr': 0.2,
        'num_steps': 3,
        'first_order': True,
        'adapt': 'head',
        'solver': 'gradient',
        'shrinkage': 0.7,
        'prior_weight': 5.0,
    }
    assert set(knobs) == set(InnerLoopCfg.names())
    assert MAMLOptimizerHook(**knobs).cfg == InnerLoopCfg(**knobs)
    assert MAMLOptimizerHook().cfg == InnerLoopCfg()


def test_an_unknown_argument_is_named_beside_those_there_are():
    with pytest.raises(TypeError, match='no argument lr; it has inner_lr, num_steps, first_order'):
        MAMLOptimizerHook(lr=0.1)
