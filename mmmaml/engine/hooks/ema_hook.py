"""Averaged weights with a task memory of their own."""

import copy

from mmengine.hooks import EMAHook as Base

from mmmaml.meta import ScatterStatistics, TaskMemory
from mmmaml.registry import HOOKS


@HOOKS.register_module()
class EMAHook(Base):
    """MMEngine's hook, whose averaged model has its own task memory and scatter.

    Features and gradients of a memory belong to the weights that they were made with.
    ``TaskMemoryHook`` fills those of the averaged model as well; here they take part when the
    averaged weights stand in for the others, in validation, in testing and in the checkpoint.

    Its arguments are MMEngine's.
    """

    def _swap_ema_parameters(self) -> None:
        super()._swap_ema_parameters()
        if self.ema_model.update_buffers:  # then they have changed places already
            return
        modules = zip(self.ema_model.module.modules(), self.src_model.modules(), strict=True)
        for averaged, source in modules:
            if isinstance(averaged, (TaskMemory, ScatterStatistics)):
                state = copy.deepcopy(averaged.state_dict())
                averaged.load_state_dict(source.state_dict())
                source.load_state_dict(state)
