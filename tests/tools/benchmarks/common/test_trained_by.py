"""Parts of a config that decide the weights of a training, under small changes."""

import copy

import pytest
from mmengine.config import Config

from tools.benchmarks.common.trained_by import TRAINED_BY, deciding_parts

HEAD = {'width': 4, 'test_cfg': {'nms': 1}}
DETECTOR = {'test_cfg': {'score_thr': 0.1}, 'head': HEAD}
CONFIG = {name: {'value': 1} for name in TRAINED_BY} | {
    'model': {'detector': DETECTOR, 'tracker': {'adapt': True}},
    'test_dataloader': {'value': 1},
}


@pytest.mark.parametrize(
    ('options', 'decides'),
    [
        ({'model.detector.head.width': 5}, True),
        ({'optim_wrapper.value': 2}, True),
        ({'model.detector.test_cfg.score_thr': 0.2}, False),
        ({'model.detector.head.test_cfg.nms': 2}, False),
        ({'model.tracker.adapt': False}, False),
        ({'test_dataloader.value': 2}, False),
    ],
)
def test_what_decides(options: dict, decides: bool) -> None:
    config, other = Config(copy.deepcopy(CONFIG)), Config(copy.deepcopy(CONFIG))
    other.merge_from_dict(options)
    assert (deciding_parts(config) != deciding_parts(other)) is decides
