"""Re-identification of crops, trained on tasks."""

from typing import TYPE_CHECKING, Any

import torch
from mmengine.model import BaseModel
from torch import Tensor

from mmmaml.registry import MODELS
from mmmaml.structures import TaskDataSample

from .meta_learner import MetaLearner
from .meta_reid_head import MetaReIDHead

if TYPE_CHECKING:
    from mmdet.structures import ReIDDataSample


PRECISIONS = {'fp32': None, 'fp16': torch.float16, 'bf16': torch.bfloat16}


@MODELS.register_module()
class MetaReID(MetaLearner, BaseModel):
    """Backbone, neck and a head with a meta-learned last layer.

    Behaves like ``BaseReID`` of mmdet and mmtrack inside their MOT models: ``mode='tensor'``
    gives embeddings. Trained on tasks: without an inner loop it minimises the ordinary
    classification loss over all their images, with one (given by ``MAMLOptimizerHook``) the loss
    of the queries under parameters adapted to the support (Eq. 4), all within one ``forward``, so
    that distributed training, mixed precision and accumulation work as for any model.

    Args:
        backbone: Config of the backbone.
        neck: Config of a neck that pools to (N, C); None pools by the mean.
        head: Config of a :class:`MetaReIDHead`.
        data_preprocessor: Config of a data preprocessor for tasks.
        init_cfg: Initialisation as in MMEngine.
        test_precision: Of backbone and neck outside training: ``'fp32'``, ``'bf16'``, or
            ``'fp16'``, which needs a GPU. Features are single precision again; training has the
            precision of its optimizer's wrapper.
        channels_last: Keep the numbers of a pixel side by side in memory, the order in which
            convolutions of half precision are fastest on GPUs. Weights stay the same numbers.

    Raises:
        ValueError: There is no such precision.
    """

    def __init__(
        self,
        backbone: dict,
        head: dict,
        neck: dict | None = None,
        data_preprocessor: dict | None = None,
        init_cfg: dict | list[dict] | None = None,
        test_precision: str = 'fp32',
        channels_last: bool = False,
    ) -> None:
        if test_precision not in PRECISIONS:
            raise ValueError(
                f'test_precision must be one of {", ".join(PRECISIONS)}, got {test_precision!r}'
            )
        if data_preprocessor is not None:
            data_preprocessor = {'type': 'mmmaml.TaskDataPreprocessor', **data_preprocessor}
        super().__init__(data_preprocessor=data_preprocessor, init_cfg=init_cfg)
        self.backbone = MODELS.build(backbone)
        self.neck = None if neck is None else MODELS.build(neck)
        self.head = MODELS.build(head)
        self.test_precision, self.channels_last = test_precision, channels_last
        if channels_last:
            self.backbone.to(memory_format=torch.channels_last)

    @property
    def reid_head(self) -> MetaReIDHead:
        """The head whose last layer adapts."""
        return self.head

    def extract_task_feats(self, inputs: Tensor, centers: Tensor | None = None) -> Tensor:
        """Extract features (B, N, F, C) of crops (B, N, F, 3, H, W), all crops together."""
        return self.extract_crop_feats(inputs.flatten(0, 2)).unflatten(0, inputs.shape[:3])

    def forward(
        self,
        inputs: Tensor,
        data_samples: list[Any] | None = None,
        mode: str = 'tensor',
    ) -> 'Tensor | dict[str, Tensor] | list[ReIDDataSample]':
        """Run the model in one of MMEngine's modes.

        Args:
            inputs: Crops (n, 3, H, W) or (1, n, 3, H, W); for ``'loss'`` tasks
                (B, N, k + q, 3, H, W).
            data_samples: For ``'loss'`` a :class:`~mmmaml.structures.TaskDataSample` each task.
            mode: ``'tensor'`` gives embeddings (n, D), ``'predict'`` the same in
                ``ReIDDataSample``, ``'loss'`` a dict of losses.
        """
        if mode == 'tensor':
            return self.head(self.extract_crop_feats(inputs))
        if mode == 'predict':
            return self.predict(inputs, data_samples)
        if mode == 'loss':
            return self.loss(inputs, data_samples or [])
        raise ValueError(f"mode must be 'tensor', 'predict' or 'loss', got {mode!r}")

    def extract_crop_feats(self, crops: Tensor) -> Tensor:
        """Extract features (n, C), the inputs of the adapted layer, of crops (n, 3, H, W).

        Raises:
            ValueError: Outside training, the device does not have ``test_precision``.
        """
        if crops.ndim == 5:
            if len(crops) != 1:
                raise ValueError(f'crops of one frame at a time, got {tuple(crops.shape)}')
            crops = crops[0]
        if crops.shape[0] == 0:  # len() would fix their number in an exported graph
            return crops.new_zeros(0, self.head.in_channels)
        if self.channels_last:
            crops = crops.contiguous(memory_format=torch.channels_last)
        dtype = None if self.training else PRECISIONS[self.test_precision]
        if dtype is None:
            return self._pooled(crops)
        if dtype == torch.float16 and crops.device.type == 'cpu':
            raise ValueError("test_precision='fp16' needs a GPU: use 'bf16' or 'fp32' on a CPU")
        with torch.autocast(crops.device.type, dtype):
            return self._pooled(crops).float()

    def _pooled(self, crops: Tensor) -> Tensor:
        feats = self.backbone(crops)
        if self.neck is not None:
            feats = self.neck(feats)
        feats = feats if isinstance(feats, Tensor) else feats[-1]
        return feats if feats.ndim == 2 else feats.mean((2, 3))

    def predict(
        self, inputs: Tensor, data_samples: 'list[ReIDDataSample] | None' = None
    ) -> 'list[ReIDDataSample]':
        """Embed crops into ``pred_feature`` of data samples."""
        from mmdet.structures import ReIDDataSample  # of this mode alone

        embeds = self.head(self.extract_crop_feats(inputs))
        data_samples = data_samples or [ReIDDataSample() for _ in embeds]
        for sample, embed in zip(data_samples, embeds, strict=True):
            sample.pred_feature = embed
        return data_samples

    def loss(self, inputs: Tensor, data_samples: list[TaskDataSample]) -> dict[str, Tensor]:
        """Compute the :meth:`task_losses` of crops (B, N, k + q, 3, H, W)."""
        return self.task_losses(inputs, data_samples)
