"""A one-shot head that counts the crowd beside detecting it."""

import torch
from mmdet.structures import DetDataSample
from mmengine.structures import InstanceData
from torch import Tensor, nn
from torch.nn import functional as F

from mmmaml.registry import MODELS

from .center_targets import CenterTargets
from .density_maps import people_map, spread, structural_similarity, window_counts
from .one_shot_head import CenterMaps, FurtherLoss, OneShotHead, head_branch


@MODELS.register_module()
class CountingHead(OneShotHead):
    """:class:`OneShotHead` with a density map, that of CountingMOT.

    Ren et al., Joint Counting, Detection and Re-Identification for Multi-Object Tracking,
    arXiv:2212.05861. The density map learns to be like that of the true people (mean square and
    structural similarity). Detections and density map correct each other: in windows about each
    cell both have to count the same people, each against the other held fixed, and over the frame
    the true number. Their loss has a learned weight beside those of detection and identification.

    What is ours: a detected person counts 1 and has the gradient of its score, so that the
    agreement trains detection, too; Gaussians at the border keep their sum.

    Args:
        in_channels: Channels of the map.
        reid: Config of a ``MetaReIDHead``.
        sigma: Standard deviation of a person in the density map, in cells.
        window: Side of the windows that are counted, in cells, odd.
        density_scale: Values of the density map are multiplied by it in the losses; a person of
            ``sigma`` 2 has 0.04 in the middle.
        frame_weight: Weight of the count of the frame beside those of windows.
        count_score_thr: Peaks of the heatmap above it are people to the agreement.
        weights: Arguments of :class:`UncertaintyWeights`, ``counting`` among them.
        **options: Of :class:`OneShotHead`.
    """

    maps = (*OneShotHead.maps, 'density')
    further = FurtherLoss(
        'counting', 'loss_count', ('density_mse', 'density_ssim', 'density_agreement')
    )

    def __init__(
        self,
        in_channels: int,
        reid: dict,
        sigma: float = 2.0,
        window: int = 19,
        density_scale: float = 100.0,
        frame_weight: float = 0.01,
        count_score_thr: float = 0.4,
        weights: dict | None = None,
        **options: object,
    ) -> None:
        weights = {'counting': -1.05, **(weights or {})}
        super().__init__(in_channels, reid, weights=weights, **options)  # type: ignore[arg-type]
        if window % 2 == 0 or window < 1:
            raise ValueError(f'window={window} must be odd, so that a cell is in its middle')
        self.sigma, self.window, self.density_scale = sigma, window, density_scale
        self.frame_weight, self.count_score_thr = frame_weight, count_score_thr
        self._peak = density_scale * float(spread_peak(sigma))
        self.density_branch = head_branch(in_channels, self.head_channels, 1)

    def init_weights(self) -> None:
        """Start with an almost empty density map."""
        super().init_weights()
        last = self.density_branch[-1]
        assert isinstance(last, nn.Conv2d)
        nn.init.normal_(last.weight, std=0.001)
        nn.init.constant_(last.bias, 0.01)  # type: ignore[arg-type]

    def detection_parameters(self) -> list[nn.Parameter]:
        """Return the parameters that serve detection and counting alone."""
        return [*super().detection_parameters(), *self.density_branch.parameters()]

    def forward(self, x: tuple[Tensor, ...]) -> tuple[Tensor, ...]:  # type: ignore[override]
        """Compute all maps of the head: those of :class:`OneShotHead`, and the density map."""
        return (*super().forward(x), self.density(x))

    def density(self, x: tuple[Tensor, ...]) -> Tensor:
        """Compute the density map (B, 1, H, W), people per cell, in float32."""
        return self.density_branch(x[0]).float().relu() / self.density_scale

    def map_losses(
        self, x: tuple[Tensor, ...], maps: CenterMaps, targets: CenterTargets
    ) -> dict[str, Tensor]:
        """Compute the losses of detection and of counting.

        Returns:
            Those of :class:`OneShotHead`; ``count_agreement``, by which detections follow the
            density map; ``density_mse``, ``density_ssim``, and ``density_agreement``, by which
            the density map follows the detections.
        """
        density = self.density(x)
        with torch.autocast(x[0].device.type, enabled=False):
            points = density.new_zeros(density.numel())
            points[targets.cells] = targets.people.to(points)
            truth = spread(points.view_as(density), self.sigma)
            detected = people_map(maps.heatmap, self.count_score_thr)
            spread_detected = spread(detected, self.sigma)
            number = truth.sum((1, 2, 3))
            scale, frame = self.density_scale, self.frame_weight
            counts = window_counts(spread_detected, self.window)
            expected = window_counts(density, self.window).detach()
            return super().map_losses(x, maps, targets) | {
                'count_agreement': F.mse_loss(counts, expected)
                + frame * F.mse_loss(detected.sum((1, 2, 3)), number),
                'density_mse': F.mse_loss(scale * density, scale * truth),
                'density_ssim': 1
                - structural_similarity(scale * density, scale * truth, self._peak),
                'density_agreement': F.mse_loss(scale * density, scale * spread_detected.detach())
                + frame * F.mse_loss(density.sum((1, 2, 3)), number),
            }

    def predict(
        self,
        x: tuple[Tensor, ...],
        batch_data_samples: list[DetDataSample],
        rescale: bool = False,
    ) -> list[InstanceData]:
        """Predict boxes, features and the number of people of B frames.

        The number, ``crowd_count`` in the metainfo of each sample, is that of the density map
        where the frame is, without its padding.
        """
        density = self.density(x)
        for one, sample in zip(density, batch_data_samples, strict=True):
            sample.set_metainfo({'crowd_count': self._count(one[0], sample.metainfo)})
        return super().predict(x, batch_data_samples, rescale)

    def _count(self, density: Tensor, metainfo: dict) -> float:
        """Count the people of a map (H, W) where the frame is."""
        top, bottom, left, right = metainfo.get('pad_param', (0, 0, 0, 0))
        height, width = (each * self.stride for each in density.shape)
        rows = slice(int(top) // self.stride, -(-int(height - bottom) // self.stride))
        columns = slice(int(left) // self.stride, -(-int(width - right) // self.stride))
        return density[rows, columns].detach().sum().item()


def spread_peak(sigma: float) -> Tensor:
    """Return the largest value of a person in a density map, far from its border."""
    side = 2 * round(4.5 * sigma) + 1
    point = torch.zeros(1, 1, 2 * side + 1, 2 * side + 1)
    point[..., side, side] = 1
    return spread(point, sigma).max()
