"""The head of a one-shot network: boxes and features of people in one pass."""

from typing import NamedTuple, NoReturn

import torch
from mmdet.models.dense_heads.base_dense_head import BaseDenseHead
from mmdet.structures import DetDataSample
from mmengine.model import bias_init_with_prob, normal_init
from mmengine.structures import InstanceData
from torch import Tensor, nn

from mmmaml.models.reid import MetaReIDHead
from mmmaml.registry import MODELS
from mmmaml.structures import TaskDataSample

from .center_decoding import (
    center_cells,
    convolve_at,
    decode_centers,
    gather_cells,
    to_original_image,
)
from .center_targets import CenterTargets, encode_centers
from .uncertainty_weights import UncertaintyWeights


class CenterMaps(NamedTuple):
    """The prediction of the head for every cell of B images.

    Attributes:
        heatmap: (B, 1, H, W) scores of being the centre of somebody, within [0, 1].
        boxes: (B, 4, H, W) distances from the centre to left, top, right and bottom edge, in
            cells.
        offsets: (B, 2, H, W) x, y of the centre within its cell.
    """

    heatmap: Tensor
    boxes: Tensor
    offsets: Tensor


class FurtherLoss(NamedTuple):
    """A loss with a learned weight of its own, beside those of detection and identification.

    Attributes:
        weight: Its name among the arguments of :class:`UncertaintyWeights`.
        name: Name of the weighted loss.
        parts: Names of the losses of detection that it is the sum of.
    """

    weight: str
    name: str
    parts: tuple[str, ...]


@MODELS.register_module()
class OneShotHead(BaseDenseHead):
    """Centre head with an embedding branch, that of FairMOT with a meta-learned last layer.

    Each branch is a 3 x 3 convolution and a 1 x 1 one on a map of one level. The last layer of
    the embedding branch is the adapted layer of a :class:`MetaReIDHead`; its inputs, the features
    of people, are computed at their centres alone.

    Args:
        in_channels: Channels of the map.
        reid: Config of a ``MetaReIDHead``; its ``in_channels`` is the width C of the features.
        head_channels: Width of the branches for heatmap, boxes and offsets.
        stride: Pixels of the input a cell.
        min_overlap: Width of the Gaussians in the heatmap, see :func:`encode_centers`.
        loss_heatmap: Config of a loss of heatmaps.
        loss_box: Config of a loss of boxes, for each of their four numbers.
        loss_offset: Config of a loss of offsets.
        weights: Arguments of :class:`UncertaintyWeights`: the first weights of detection and
            identification.
        train_cfg: Not used; detectors of mmdet hand it over.
        test_cfg: ``score_thr``, below which boxes are left out (0.1 by default; the tracker has
            its own), and ``max_per_img`` (500).
        init_cfg: Initialisation as in MMEngine.

    Attributes:
        maps: Names of what :meth:`forward` returns.
        further: Loss of a subclass that is weighed by itself, if there is one.
    """

    maps: tuple[str, ...] = ('heatmap', 'boxes', 'offsets', 'features')
    further: FurtherLoss | None = None

    def __init__(
        self,
        in_channels: int,
        reid: dict,
        head_channels: int = 256,
        stride: int = 4,
        min_overlap: float = 0.3,
        loss_heatmap: dict | None = None,
        loss_box: dict | None = None,
        loss_offset: dict | None = None,
        weights: dict | None = None,
        train_cfg: dict | None = None,
        test_cfg: dict | None = None,
        init_cfg: dict | list[dict] | None = None,
    ) -> None:
        super().__init__(init_cfg=init_cfg)
        self.stride, self.min_overlap = stride, min_overlap
        options = {'score_thr': 0.1, 'max_per_img': 500, **(test_cfg or {})}
        self.score_thr, self.max_per_img = options['score_thr'], options['max_per_img']
        self.head_channels = head_channels
        self.heatmap_branch = head_branch(in_channels, head_channels, 1)
        self.box_branch = head_branch(in_channels, head_channels, 4)
        self.offset_branch = head_branch(in_channels, head_channels, 2)
        self.reid: MetaReIDHead = MODELS.build({'type': 'mmmaml.MetaReIDHead', **reid})
        self.feature_conv = nn.Conv2d(in_channels, self.reid.in_channels, 3, padding=1)
        self.loss_heatmap = MODELS.build(loss_heatmap or {'type': 'mmdet.GaussianFocalLoss'})
        self.loss_box = MODELS.build(loss_box or {'type': 'mmdet.L1Loss', 'loss_weight': 0.1})
        self.loss_offset = MODELS.build(loss_offset or {'type': 'mmdet.L1Loss'})
        self.weights = UncertaintyWeights(**(weights or {}))

    def init_weights(self) -> None:
        """Start with few boxes: heatmaps at 0.1, boxes and offsets near 0."""
        super().init_weights()
        normal_init(self.heatmap_branch[-1], std=0.01, bias=bias_init_with_prob(0.1))
        for branch in (self.box_branch, self.offset_branch):
            normal_init(branch[-1], std=0.001)

    def detection_parameters(self) -> list[nn.Parameter]:
        """Return the parameters that serve detection alone, and the weights of the losses."""
        parts = (self.heatmap_branch, self.box_branch, self.offset_branch, self.weights)
        return [parameter for part in parts for parameter in part.parameters()]

    def forward(self, x: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
        """Compute all maps of the head, for export.

        Args:
            x: Maps of the neck; the first counts, (B, in_channels, H, W).

        Returns:
            Those of :class:`CenterMaps`, and features (B, C, H, W).
        """
        return (*self.detect(x), self.feature_conv(x[0]).relu())

    def detect(self, x: tuple[Tensor, ...]) -> CenterMaps:
        """Compute the maps of detection, in float32 also in mixed precision."""
        heatmap = self.heatmap_branch(x[0]).float().sigmoid()
        return CenterMaps(heatmap, self.box_branch(x[0]).float(), self.offset_branch(x[0]).float())

    def features(self, x: tuple[Tensor, ...], cells: Tensor) -> Tensor:
        """Compute features (M, C), inputs of the adapted layer, at cells (M,) of the B·H·W."""
        return convolve_at(self.feature_conv, x[0], cells).relu()

    def features_at(self, x: tuple[Tensor, ...], centers: Tensor) -> Tensor:
        """Compute features (B, ..., C) at points (B, ..., 2), x, y in pixels of the input."""
        batch, _, height, width = x[0].shape
        cells = center_cells(centers, (batch, height, width), self.stride)
        return self.features(x, cells.flatten()).unflatten(0, cells.shape)

    # ---- training

    def loss(
        self, x: tuple[Tensor, ...], batch_data_samples: list[DetDataSample]
    ) -> dict[str, Tensor]:
        """Compute the losses of detection and identification of whole frames.

        Args:
            x: Maps of the neck.
            batch_data_samples: Of B frames, with ``gt_instances``: ``bboxes`` (n, 4) in pixels of
                the input and ``instances_ids`` (n,) identity in the training set or −1.

        Returns:
            ``loss_det``, ``loss_id`` and ``loss_weights``, which add up to the loss, and, not
            part of the sum, what they are made of: ``heatmap_focal``, ``box_l1``, ``offset_l1``
            and ``id_ce``.
        """
        boxes = [sample.gt_instances for sample in batch_data_samples]
        counts = torch.tensor([len(each) for each in boxes], device=x[0].device)
        targets = self.encode(
            x,
            torch.cat([each.bboxes for each in boxes]),
            torch.arange(len(boxes), device=x[0].device).repeat_interleave(counts),
            torch.cat([each.instances_ids for each in boxes]),
        )
        known = targets.identities >= 0
        with torch.autocast(x[0].device.type, enabled=False):
            identity = self._identity_loss(x, targets.cells[known], targets.identities[known])
        return self.weighted_losses(
            self.detection_losses(x, targets), {'loss_id': identity}, known.any()
        ) | {'id_ce': identity.detach()}

    def encode(
        self, x: tuple[Tensor, ...], bboxes: Tensor, images: Tensor, identities: Tensor
    ) -> CenterTargets:
        """Encode boxes (n, 4) in pixels of the input; see :func:`encode_centers`."""
        size = (x[0].shape[0], x[0].shape[2], x[0].shape[3])
        return encode_centers(bboxes, images, identities, size, self.stride, self.min_overlap)

    def detection_losses(self, x: tuple[Tensor, ...], targets: CenterTargets) -> dict[str, Tensor]:
        """Compute the losses of the maps of frames; see :meth:`map_losses`."""
        return self.map_losses(x, self.detect(x), targets)

    def task_detection_losses(
        self, x: tuple[Tensor, ...], targets: CenterTargets, data_samples: list[TaskDataSample]
    ) -> dict[str, Tensor]:
        """Compute the losses of detection of tasks; frames do not know each other here.

        Args:
            x: Maps of the B·F frames of tasks.
            targets: Of all of them.
            data_samples: Of the B tasks.
        """
        del data_samples
        return self.detection_losses(x, targets)

    def map_losses(
        self, x: tuple[Tensor, ...], maps: CenterMaps, targets: CenterTargets
    ) -> dict[str, Tensor]:
        """Compute ``heatmap_focal``, ``box_l1`` and ``offset_l1``, averaged over the centres."""
        with torch.autocast(x[0].device.type, enabled=False):
            number = max(len(targets.cells), 1)
            boxes = gather_cells(maps.boxes, targets.cells)
            offsets = gather_cells(maps.offsets, targets.cells)
            return {
                'heatmap_focal': self.loss_heatmap(
                    maps.heatmap, targets.heatmap, avg_factor=number
                ),
                'box_l1': self.loss_box(boxes, targets.boxes, avg_factor=4 * number),
                'offset_l1': self.loss_offset(offsets, targets.offsets, avg_factor=2 * number),
            }

    def _identity_loss(self, x: tuple[Tensor, ...], cells: Tensor, identities: Tensor) -> Tensor:
        """Compute the cross-entropy over all identities at centres (M,); 0 if there are none."""
        feats = self.features((x[0].to(self.reid.weight.dtype),), cells)
        loss = self.reid.plain_loss(self.reid(feats)[None], identities[None])[0]
        rate = self.reid.log_inner_lr
        return loss if rate is None else loss + 0 * rate  # DDP asks for every parameter

    def weighted_losses(
        self,
        detection: dict[str, Tensor],
        identity: dict[str, Tensor],
        with_identities: Tensor,
    ) -> dict[str, Tensor]:
        """Weigh detection against identification, see :class:`UncertaintyWeights`.

        Args:
            detection: Losses of detection, see :meth:`detection_losses`.
            identity: Losses of identification by name.
            with_identities: Bool scalar, whether there was anybody to identify.

        Returns:
            ``loss_det``, the losses of identification weighted under their names,
            ``loss_weights`` and the loss of ``further``, which add up to the loss; those of
            detection for the log.
        """
        detection_weight, identity_weight, balance = self.weights(with_identities)
        apart = () if self.further is None else self.further.parts
        boxes = [value for name, value in detection.items() if name not in apart]
        losses = {
            'loss_det': detection_weight * torch.stack(boxes).sum(),
            **{name: identity_weight * value for name, value in identity.items()},
            'loss_weights': balance,
        }
        if self.further is not None:
            weight = self.weights.further_weight(self.further.weight)
            parts = torch.stack([detection[name] for name in apart])
            losses[self.further.name] = weight * parts.sum()
        return losses | {name: value.detach() for name, value in detection.items()}

    def loss_by_feat(self, *args: object, **kwargs: object) -> NoReturn:
        """Refuse: features are not computed for whole maps."""
        raise NotImplementedError('OneShotHead computes its losses in loss()')

    # ---- inference

    def predict(
        self,
        x: tuple[Tensor, ...],
        batch_data_samples: list[DetDataSample],
        rescale: bool = False,
    ) -> list[InstanceData]:
        """Predict boxes and features of the people of B frames.

        Args:
            x: Maps of the neck.
            batch_data_samples: Samples of the frames; their metainfo says how the original image
                became the input.
            rescale: Whether boxes are in pixels of the original image or of the input.

        Returns:
            For each frame ``bboxes`` (n, 4), ``scores`` (n,), ``labels`` (n,), all 0, and
            ``feats`` (n, C) float32, the inputs of the adapted layer.
        """
        dets = decode_centers(*self.detect(x), self.stride, self.max_per_img)
        kept = dets.scores > self.score_thr
        counts = kept.sum(1).tolist()
        feats = self.features(x, dets.cells[kept]).float().split(counts)
        bboxes = dets.bboxes[kept].split(counts)
        scores = dets.scores[kept].split(counts)
        metas = [sample.metainfo for sample in batch_data_samples]
        return [
            InstanceData(
                bboxes=to_original_image(b, meta) if rescale else b,
                scores=s,
                labels=torch.zeros(len(s), dtype=torch.long, device=s.device),
                feats=f,
            )
            for b, s, f, meta in zip(bboxes, scores, feats, metas, strict=True)
        ]

    def predict_by_feat(self, *args: object, **kwargs: object) -> NoReturn:
        """Refuse: features are computed at the peaks alone."""
        raise NotImplementedError('OneShotHead decodes its maps in predict()')


def head_branch(in_channels: int, channels: int, out_channels: int) -> nn.Sequential:
    """Make a branch of a head: a 3 x 3 convolution and a 1 x 1 one."""
    return nn.Sequential(
        nn.Conv2d(in_channels, channels, 3, padding=1),
        nn.ReLU(inplace=True),
        nn.Conv2d(channels, out_channels, 1),
    )
