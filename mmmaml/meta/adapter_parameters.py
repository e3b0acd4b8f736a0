"""Parameters of the online adaptation, as numbers to track with and as a module to train."""

from collections.abc import Callable, Collection
from dataclasses import asdict, fields

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from .adapter_numbers import CENTRE_WEIGHT, LEAST_GAP, LEAST_VARIANCE, AdapterNumbers
from .scene_metric import ScatterStatistics, whitening
from .tracking_episode import AssignmentScores, RunningSums, running_sums

PARTS = 'numbers', 'scatter', 'layer'
"""Parts of the parameters that can be learned."""

JITTER = 1e-4
"""Share of the mean variance that makes a scatter of few people positive definite."""

LEAST_SHARE = 0.02
"""Where a share of 0 starts: a logistic function does not learn from its ends."""

LEAST = 1e-6
"""Least positive number."""

Map = Callable[[Tensor], Tensor]
_NAMES = tuple(field.name for field in fields(AdapterNumbers))


def _logit(share: Tensor) -> Tensor:
    return torch.logit(share.clamp(LEAST_SHARE, 1 - LEAST_SHARE))


def _log(value: Tensor) -> Tensor:
    return value.clamp_min(LEAST).log()


def _same(value: Tensor) -> Tensor:
    return value


_MEANS: dict[str, tuple[Map, Map]] = dict.fromkeys(('same_mean', 'other_mean'), (_same, _same))
_SHARES: dict[str, tuple[Map, Map]] = {'raw_share': (_logit, torch.sigmoid)}
_LOG: tuple[Map, Map] = _log, torch.exp
_MAPS = {name: {**_MEANS, **_SHARES}.get(name, _LOG) for name in _NAMES}
"""Of each number, the map to what is learned and the one back."""


class AdapterParameters(nn.Module):
    """All that the closed form online starts from, differentiable (θ of Eq. 4).

    Positive numbers are learned in the logarithm, shares through a logistic function, the prior
    scatter by its Cholesky factor. The last layer is as wide as the features and starts as the
    unit matrix.

    Args:
        statistics: Scatter, mean and numbers to start from.
        learn: Parts that are learned, of ``'numbers'``, ``'scatter'`` and ``'layer'``; the others
            stay as they are.

    Raises:
        ValueError: ``learn`` names another part, or the statistics are empty.
    """

    prior_mean: Tensor
    variance: Tensor

    def __init__(self, statistics: ScatterStatistics, learn: Collection[str] = PARTS) -> None:
        super().__init__()
        unknown = sorted(set(learn) - set(PARTS))
        if unknown or not learn:
            raise ValueError(f'learn={tuple(learn)} must name parts of {PARTS}')
        if not statistics.count:
            raise ValueError('the scatter prior is empty: fit it to training people first')
        scatter = statistics.scatter
        channels = len(scatter)
        self.register_buffer('prior_mean', statistics.mean.clone())
        self.register_buffer('variance', scatter.diagonal().mean())
        unit = torch.eye(channels, dtype=scatter.dtype, device=scatter.device)
        factor = torch.linalg.cholesky(scatter / self.variance + JITTER * unit)
        self.factor = nn.Parameter(factor, requires_grad='scatter' in learn)
        self.layer = nn.Parameter(unit, requires_grad='layer' in learn)
        start = scatter.new_tensor(list(asdict(statistics.numbers).values()))
        pairs = zip(_NAMES, start, strict=True)
        free = torch.stack([_MAPS[name][0](value) for name, value in pairs])
        self.numbers = nn.Parameter(free, requires_grad='numbers' in learn)
        self.count = float(statistics.count)

    @property
    def scatter(self) -> Tensor:
        """Prior scatter (D, D) of embeddings."""
        factor = self.factor.tril()
        return factor @ factor.T * self.variance

    def number(self, name: str) -> Tensor:
        """Return one of the numbers of ``AdapterNumbers``."""
        return _MAPS[name][1](self.numbers[_NAMES.index(name)])

    def forward(
        self, history: Tensor, trust: Tensor, queries: Tensor, in_view: int
    ) -> AssignmentScores:
        """Adapt to the histories of scenes, and compare the people in view with queries.

        Args:
            history: (B, T, K, C) observations of T people, those in view first.
            trust: (B, T, K) trust in them, 0 where there is none; valid ones come first.
            queries: (B, Q, C) detections of a later frame.
            in_view: V, people that a query may be of.

        Returns:
            Cosines (B, V, Q) and their logits.
        """
        sums = running_sums(history, trust)
        solved = self._solve(sums)
        view = RunningSums(*(each[:, :in_view] for each in sums))
        centre = self._centre(view)
        means, before, last, asked = (
            (each - centre) @ self.layer.mT
            for each in (view.mean, view.before, view.last, queries)
        )
        cosines = self._compare(means, asked, solved)
        seen = self._compare(before, last, solved)
        return AssignmentScores(cosines, self._logits(cosines, seen, view.repeated))

    def statistics(self) -> ScatterStatistics:
        """Return scatter, mean and numbers as the tracker starts from them."""
        result = ScatterStatistics(len(self.layer)).to(self.layer)
        with torch.no_grad():
            result.scatter.copy_(self.scatter)
            result.mean.copy_(self.layer @ self.prior_mean)
            result.count.fill_(self.count)
            result.numbers = AdapterNumbers(**{n: float(self.number(n)) for n in _NAMES})
        return result

    def _solve(self, sums: RunningSums) -> Tensor:
        deviations = sums.deviations.flatten(1, 2) @ self.layer.mT
        weight = self.number('prior_weight')
        freedom = weight + sums.freedom.sum(1)[:, None, None]
        mixed = (deviations.mT @ deviations + weight * self.scatter) / freedom.clamp_min(1)
        return whitening(mixed, self.number('shrinkage'))

    def _centre(self, view: RunningSums) -> Tensor:
        known = (view.weight > 0).to(view.mean)[..., None]
        total = (view.mean * known).sum(1, keepdim=True) + CENTRE_WEIGHT * self.prior_mean
        return total / (known.sum(1, keepdim=True) + CENTRE_WEIGHT)

    def _compare(self, people: Tensor, dets: Tensor, solved: Tensor) -> Tensor:
        share = self.number('raw_share')
        adapted = _cosines(people @ solved.mT, dets @ solved.mT)
        return (1 - share) * adapted + share * _cosines(people, dets)

    def _logits(self, cosines: Tensor, seen: Tensor, repeated: Tensor) -> Tensor:
        """Calibrate by the cosines seen before, as ``SimilarityCalibration`` does."""
        both = repeated[:, :, None] & repeated[:, None]
        own = torch.eye(seen.shape[1], dtype=torch.bool, device=seen.device)
        pairs = self.number('pairs')
        moments = []
        for kind, mask in (('same', both & own), ('other', both & ~own)):
            mean, deviation = self.number(f'{kind}_mean'), self.number(f'{kind}_deviation')
            weight = mask.to(seen)
            if kind == 'other':  # pairs of two people weigh as much as those of one
                weight = (
                    weight
                    * repeated.sum(1)[:, None, None]
                    / weight.sum((1, 2), keepdim=True).clamp_min(1)
                )
            number = pairs + weight.sum((1, 2))
            first = (pairs * mean + (weight * seen).sum((1, 2))) / number
            second = pairs * (mean**2 + deviation**2) + (weight * seen**2).sum((1, 2))
            moments.append((first, second / number - first**2))
        (same, variance), (other, other_variance) = moments
        gap = (same - other).clamp_min(LEAST_GAP)
        slope = 2 * gap / (variance + other_variance).clamp_min(LEAST_VARIANCE)
        slope = slope / self.number('temperature')
        return slope[:, None, None] * (cosines - ((same + other) / 2)[:, None, None])


def _cosines(people: Tensor, dets: Tensor) -> Tensor:
    """Return cosines (B, V, Q) of (B, V, D) and (B, Q, D)."""
    return F.normalize(people, dim=-1) @ F.normalize(dets, dim=-1).mT
