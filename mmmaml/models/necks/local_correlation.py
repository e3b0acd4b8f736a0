"""A neck that tells each cell of its neighbourhood, in its own frame and in those before."""

from collections.abc import Sequence
from typing import NamedTuple

import torch
from mmengine.model import BaseModule, normal_init
from torch import Tensor, nn
from torch.nn import functional as F

from mmmaml.registry import MODELS

from .correlation_volume import local_average, local_correlation, neighbours_inside


class References(NamedTuple):
    """Frames that N frames are correlated with, each first of all with itself.

    Attributes:
        frames: (N, 1 + P) int64 rows in a stack of frames: the frame itself, and P before it,
            the nearest first. A frame without one before it has itself for it.
        valid: (N, 1 + P) bool; False of those before that there are not.
    """

    frames: Tensor
    valid: Tensor


class Correlated(NamedTuple):
    """Maps with their context, and the correlations that it was taken from.

    Attributes:
        maps: (N, C, H, W) alone, as a tuple.
        volumes: Of each level of the pyramid, finest first, (N, 1 + P, K, H_l, W_l) cosines of
            cells with their K neighbours in each reference.
        references: Of the N frames.
    """

    maps: tuple[Tensor]
    volumes: tuple[Tensor, ...]
    references: References


@MODELS.register_module()
class LocalCorrelation(BaseModule):
    """Local correlation in space and time on the map of another neck, that of CorrTracker.

    Wang et al., Multiple Object Tracking with Correlation Learning, CVPR 2021 (arXiv:2104.03541),
    called TLR on the benchmark. There is no code of the authors; this is built from what the
    paper's abstract says, and details are ours. On each level of a pyramid, cells are correlated
    with their neighbourhood. The correlations within the frame, which show how the surroundings
    lie, go through a small network. Those with frames before are weights by which features of
    these are aligned and averaged. Both are added to the map, coarse levels first.

    Args:
        in_channels: C, channels of the map.
        neck: Config of the neck that makes it; None takes the first map of the backbone.
        radius: R, in cells of each level.
        levels: Levels of the pyramid, each half as large as the one before.
        memory: P, number of frames before that a frame is correlated with; 0 looks at
            the frame alone.
        temperature: Of the cosines in the weights of the average.
        init_cfg: Initialisation as in MMEngine.

    Raises:
        ValueError: An option is out of its range.
    """

    def __init__(
        self,
        in_channels: int,
        neck: dict | None = None,
        radius: int = 3,
        levels: int = 3,
        memory: int = 2,
        temperature: float = 0.1,
        init_cfg: dict | list[dict] | None = None,
    ) -> None:
        super().__init__(init_cfg=init_cfg)
        if radius < 1 or levels < 1 or memory < 0 or temperature <= 0:
            raise ValueError(
                f'LocalCorrelation needs radius={radius} and levels={levels} of at least 1, '
                f'memory={memory} of at least 0 and temperature={temperature} above 0'
            )
        self.neck = None if neck is None else MODELS.build(neck)
        self.radius, self.memory, self.temperature = radius, memory, temperature
        neighbours = (2 * radius + 1) ** 2

        def convs(number: int) -> nn.ModuleList:
            return nn.ModuleList(nn.Conv2d(in_channels, in_channels, 1) for _ in range(number))

        self.embed = convs(levels)
        self.surroundings = nn.ModuleList(
            nn.Sequential(
                nn.Conv2d(neighbours, in_channels, 1),
                nn.ReLU(inplace=True),
                nn.Conv2d(in_channels, in_channels, 1),
            )
            for _ in range(levels)
        )
        self.aligned = convs(levels if memory else 0)
        self.finer = convs(levels - 1)

    def init_weights(self) -> None:
        """Start near the map as it is."""
        super().init_weights()
        for part in (*(each[-1] for each in self.surroundings), *self.aligned):  # type: ignore[index]
            normal_init(part, std=0.01)

    def forward(self, x: Sequence[Tensor]) -> tuple[Tensor]:
        """Give maps of the backbone their context, each frame alone; see :meth:`correlate`."""
        base = self.base(x)
        return self.correlate(base, clip_references(base.shape[0], 1, self.memory, base)).maps

    def base(self, x: Sequence[Tensor]) -> Tensor:
        """Compute the map (B, C, H, W) that is correlated, from those of the backbone."""
        return x[0] if self.neck is None else self.neck(x)[0]

    def correlate(self, base: Tensor, references: References) -> Correlated:
        """Give the maps of N frames their context.

        Args:
            base: (B, C, H, W) maps of :meth:`base`.
            references: Rows in it.
        """
        levels = [base]
        for _ in self.finer:
            levels.append(F.avg_pool2d(levels[-1], 2, ceil_mode=True))
        own = references.frames[:, 0]
        volumes: list[Tensor] = []
        context: Tensor | None = None
        for number in range(len(levels) - 1, -1, -1):
            level = levels[number]
            volume = self._volume(number, level, references)
            added = self.surroundings[number](volume[:, 0])
            if self.memory:
                added = added + self.aligned[number](self._align(level, volume, references))
            if context is not None:
                size = added.shape[-2:]
                coarse = F.interpolate(context, size=size, mode='bilinear', align_corners=False)
                added = added + self.finer[number](coarse)
            context = added
            volumes.insert(0, volume)
        assert context is not None
        return Correlated((base[own] + context,), tuple(volumes), references)

    def _volume(self, number: int, level: Tensor, references: References) -> Tensor:
        """Compute cosines (N, 1 + P, K, H, W) of a level."""
        embeds = F.normalize(self.embed[number](level), dim=1)
        query = embeds[references.frames[:, 0]]
        parts = [
            local_correlation(query, embeds[frames], self.radius)
            for frames in references.frames.unbind(1)
        ]
        return torch.stack(parts, dim=1)

    def _align(self, level: Tensor, volume: Tensor, references: References) -> Tensor:
        """Average (N, C, H, W) features of the frames before, each from where it correlates."""
        frames, valid = (each[:, 1:] for each in references)
        logits = volume[:, 1:] / self.temperature
        size = (level.shape[-2], level.shape[-1])
        inside = neighbours_inside(size, self.radius, level)
        outside = ~(inside & valid[:, :, None, None, None])
        weights = logits.masked_fill(outside, -torch.inf).flatten(1, 2).softmax(1)
        weights = weights.view_as(logits)
        parts = [
            local_average(weights[:, number], level[rows], self.radius)
            for number, rows in enumerate(frames.unbind(1))
        ]
        return torch.stack(parts).sum(0)


def clip_references(clips: int, length: int, memory: int, like: Tensor) -> References:
    """Return the references of frames that are stacked clip after clip.

    Args:
        clips: Number of clips.
        length: Frames a clip; each takes those stacked before it as the frames before.
        memory: P.
        like: A tensor of the device.
    """
    frames = torch.arange(clips * length, device=like.device)
    back = torch.arange(memory + 1, device=like.device)
    valid = (frames % length)[:, None] >= back
    before = torch.where(valid, frames[:, None] - back, frames[:, None])
    if memory:
        valid[:, 1] = True  # a frame without one before it has itself
    return References(before, valid)
