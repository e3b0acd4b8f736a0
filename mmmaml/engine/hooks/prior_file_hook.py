"""The learned adapter as a file that trackers start from."""

from pathlib import Path

from mmengine.dist import master_only
from mmengine.hooks import Hook
from mmengine.runner import Runner

from mmmaml.models.reid import AdapterLearner
from mmmaml.registry import HOOKS

from ..trained_models import trained_models


@HOOKS.register_module()
class PriorFileHook(Hook):
    """Writer of a trained :class:`~mmmaml.models.AdapterLearner` as a prior file.

    Args:
        name: File in the work folder, written when training is over.

    Raises:
        TypeError: The model is another; before training.
        ValueError: The name does not end in ``.npz``.
    """

    def __init__(self, name: str = 'prior.npz') -> None:
        if Path(name).suffix != '.npz':
            raise ValueError(f'name={name!r} must end in .npz')
        self.name = name

    def before_train(self, runner: Runner) -> None:
        """Check that there is something to write."""
        model = trained_models(runner)[0]
        if not isinstance(model, AdapterLearner):
            raise TypeError(f'PriorFileHook saves an AdapterLearner, not a {type(model).__name__}')

    @master_only
    def after_train(self, runner: Runner) -> None:
        """Write the file."""
        path = Path(runner.work_dir) / self.name
        trained_models(runner)[-1].save(path)
        runner.logger.info(f'{path}: what online adaptation starts from; give it as --prior')
