"""A Runner that sizes the classifier by the training data."""

from mmengine.device import get_device
from mmengine.model import is_model_wrapper
from mmengine.runner import BaseLoop, Runner
from torch import nn

from mmmaml.models.reid import MetaReIDHead
from mmmaml.registry import RUNNERS


@RUNNERS.register_module()
class MetaRunner(Runner):
    """MMEngine's Runner; ``MetaReIDHead(num_classes=None)`` takes its size from the dataset.

    The training dataset is built before the classifier, and that before the optimizer and the
    distributed wrapper see the parameters. Chosen by ``runner_type='mmmaml.MetaRunner'``.
    """

    model: nn.Module
    _train_loop: dict | BaseLoop | None

    def wrap_model(self, model_wrapper_cfg: dict | None, model: nn.Module) -> nn.Module:
        """Wrap for distributed training, which waits until the parameters are all there."""
        if self._unsized_heads(model):
            return model.to(get_device())
        return super().wrap_model(model_wrapper_cfg, model)

    def train(self) -> nn.Module:
        """Size the classifier, then train."""
        heads = self._unsized_heads(self.model)
        if heads:
            self._train_loop = self.build_train_loop(self._train_loop)
            identities = getattr(self.train_dataloader.dataset, 'num_identities', None)
            if identities is None:
                raise ValueError(
                    f'num_classes is not set and {type(self.train_dataloader.dataset).__name__} '
                    'does not know num_identities: set num_classes in MetaReIDHead'
                )
            for head in heads:
                head.set_num_classes(identities)
            self.logger.info(f'MetaReIDHead: num_classes={identities}, from the training dataset')
            self.model = self.wrap_model(self.cfg.get('model_wrapper_cfg'), self.model)
        return super().train()

    @staticmethod
    def _unsized_heads(model: nn.Module) -> list[MetaReIDHead]:
        if is_model_wrapper(model):
            return []
        modules = model.modules()
        return [m for m in modules if isinstance(m, MetaReIDHead) and m.num_classes is None]
