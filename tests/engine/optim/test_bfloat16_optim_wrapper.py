"""Layers that run in half precision, and those that do not."""

import pytest
import torch
from mmengine.hooks import Hook

from ..runs import MAML, train, two_batches_on

WRAPPER = {'type': 'BFloat16OptimWrapper', 'optimizer': {'type': 'SGD', 'lr': 0.1}}


class Precisions(Hook):
    """Keeps the types of what flows through the network."""

    def __init__(self):
        self.seen = {}

    def before_train(self, runner):
        model = runner.model
        model.backbone.conv1.register_forward_hook(self._keep('convolution'))
        model.head.embed.register_forward_hook(self._keep('adapted layer'))

    def _keep(self, name):
        def keep(module, inputs, output):
            self.seen[name] = output.dtype

        return keep


@pytest.mark.parametrize('accumulated', [1, 2])
def test_the_network_is_halved_and_the_inner_loop_is_not(tmp_path, accumulated):
    precisions = Precisions()
    wrapper = {**WRAPPER, 'accumulative_counts': accumulated}
    runner = train(two_batches_on(tmp_path, hooks=[MAML], optim_wrapper=wrapper), precisions)
    assert precisions.seen == {'convolution': torch.bfloat16, 'adapted layer': torch.float32}
    assert {p.dtype for p in runner.model.parameters()} == {torch.float32}
    losses = runner.message_hub.get_scalar('train/loss').data[0]
    assert losses[-2:].mean() < losses[:2].mean()
