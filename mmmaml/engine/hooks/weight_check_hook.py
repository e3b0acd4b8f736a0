"""The check that the weights of a checkpoint are those of the model."""

from typing import Any

from mmengine.hooks import Hook
from mmengine.model import is_model_wrapper
from mmengine.runner import BaseLoop, Runner

from mmmaml.models.weights_by_name import take_over
from mmmaml.registry import HOOKS

from ..checkpoints import check_fine_tuned, check_resumed, check_tested


@HOOKS.register_module()
class WeightCheckHook(Hook):
    """Check of a checkpoint against the model, in one sentence with both sides.

    A resumed training needs all weights, a test those that tracking uses. A training that starts
    from a checkpoint takes over the weights that fit, and is warned of the others.

    Raises:
        ValueError: The checkpoint is of another network, or was trained on another number of
            identities, or holds nothing to resume.
    """

    priority = 'HIGHEST'  # before hooks that load parts of it themselves

    def after_load_checkpoint(self, runner: Runner, checkpoint: dict[str, Any]) -> None:
        """Take over the weights, and see to those that are left."""
        path, training = runner._load_from, isinstance(runner._train_loop, BaseLoop)
        if not isinstance(checkpoint, dict):
            raise ValueError(f'{path} is no checkpoint: it holds a {type(checkpoint).__name__}')
        resumed = training and runner._resume
        lacking = {'meta', 'message_hub', 'optimizer'} - checkpoint.keys()
        if resumed and lacking:
            raise ValueError(
                f'{path} holds no {" and no ".join(sorted(lacking))}, so there is no training to '
                'go on with: to start from its weights, leave --resume out and set load_from'
            )
        model = runner.model.module if is_model_wrapper(runner.model) else runner.model
        state = checkpoint.get('state_dict', checkpoint)
        report = take_over(model, {k.removeprefix('module.'): v for k, v in state.items()})
        check = check_resumed if resumed else check_fine_tuned if training else check_tested
        check(report, model, str(path))
        # All of it, so that MMEngine does not list hundreds of names once more.
        checkpoint['state_dict'] = model.state_dict()
