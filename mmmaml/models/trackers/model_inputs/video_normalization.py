"""Batch normalisation with the statistics of the video that is being tracked."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm


@dataclass
class _Moments:
    """Mean and variance (C,) of the inputs of a layer over ``crops`` crops."""

    mean: Tensor
    variance: Tensor
    crops: float

    def merged(self, other: '_Moments') -> '_Moments':
        """Return the moments of both samples together (Chan et al., Computing 1983)."""
        crops = self.crops + other.crops
        share = other.crops / crops
        apart = (other.mean - self.mean).square()
        variance = torch.lerp(self.variance, other.variance, share)
        return _Moments(
            torch.lerp(self.mean, other.mean, share),
            variance + share * (1 - share) * apart,
            crops,
        )


class VideoNormalization:
    """Re-estimates a network's normalisation statistics on the first crops of a video.

    Light, noise and colours of a video shift what every layer of a network sees. Its normalisation
    layers take their statistics from the training data mixed with those of the video's first crops
    (Schneider et al., "Improving robustness against common corruptions by covariate shift
    adaptation", 2020), and keep them from then on, so that the features of a track stay
    comparable. The network itself is not changed.

    Args:
        prior_weight: Crops that the statistics of training are worth. Larger adapts less; 0
            takes those of the video alone.
        num_crops: Crops of a video after which its statistics are final. Larger: better ones, and
            tracks whose first features were seen under others.

    Raises:
        ValueError: An argument is out of its range.
    """

    def __init__(self, prior_weight: float = 75.0, num_crops: int = 300) -> None:
        if prior_weight < 0 or num_crops < 1:
            raise ValueError(
                f'prior_weight={prior_weight} must be at least 0 and num_crops={num_crops} at '
                'least 1'
            )
        self.prior_weight = float(prior_weight)
        self.num_crops = num_crops
        self.reset()

    def reset(self) -> None:
        """Forget the video."""
        self._seen: dict[nn.Module, _Moments] = {}

    @contextmanager
    def applied_to(self, network: nn.Module) -> Iterator[None]:
        """Normalise ``network`` for this video, and learn from it, within the context.

        Layers in training mode, and those without running statistics, are left alone.
        """
        layers = [
            layer
            for layer in network.modules()
            if isinstance(layer, _BatchNorm)
            and layer.running_mean is not None
            and not layer.training
        ]
        hooks = [layer.register_forward_pre_hook(self._renormalise) for layer in layers]
        try:
            yield
        finally:
            for hook in hooks:
                hook.remove()

    def _renormalise(self, layer: nn.Module, args: tuple[Tensor]) -> tuple[Tensor]:
        """Return inputs (n, C, ...) such that the statistics of training normalise the video."""
        inputs = args[0]
        assert isinstance(layer, _BatchNorm)
        mean, variance = layer.running_mean, layer.running_var
        assert mean is not None
        assert variance is not None
        seen = self._learn(layer, inputs)
        mean, variance = mean.to(seen.mean), variance.to(seen.mean)
        video = _Moments(mean, variance, self.prior_weight).merged(seen)
        scale = ((variance + layer.eps) / (video.variance + layer.eps)).sqrt()
        shift = mean - scale * video.mean
        shape = (-1,) + (1,) * (inputs.ndim - 2)
        return ((inputs * scale.view(shape) + shift.view(shape)).to(inputs.dtype),)

    def _learn(self, layer: nn.Module, inputs: Tensor) -> _Moments:
        seen = self._seen.get(layer)
        if seen is not None and seen.crops >= self.num_crops:
            return seen
        over = (0, *range(2, inputs.ndim))
        # Half precision is too coarse to average.
        precise = inputs.to(torch.promote_types(inputs.dtype, torch.float32))
        variance, mean = torch.var_mean(precise, over, correction=0)
        new = _Moments(mean, variance, float(len(inputs)))
        self._seen[layer] = new if seen is None else seen.merged(new)
        return self._seen[layer]
