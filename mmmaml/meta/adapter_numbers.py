"""Numbers of the online adaptation that can be chosen by hand or learned."""

from dataclasses import asdict, dataclass
from math import isfinite

LEAST_GAP, LEAST_VARIANCE = 0.05, 1e-4
"""Bounds of a calibration's slope: difference of the means, sum of the variances."""

CENTRE_WEIGHT = 3.0
"""People of a scene that the mean of the training people is worth."""


@dataclass(frozen=True)
class AdapterNumbers:
    """Numbers that a scene starts from; the defaults were chosen by hand.

    Attributes:
        shrinkage: Share of the mean variance added to every direction, > 0.
        prior_weight: Observations that the prior scatter is worth, at least 0.
        raw_share: Share of the cosine that is not adapted in the similarity, 0..1.
        temperature: Of likelihoods, > 0.
        same_mean: Mean of the cosines of one person before any was seen.
        same_deviation: Their standard deviation, > 0.
        other_mean: Mean of the cosines of two people, below ``same_mean``.
        other_deviation: Their standard deviation, > 0.
        pairs: Pairs of each kind that these moments are worth, > 0.

    Raises:
        ValueError: A number is out of its range.
    """

    shrinkage: float = 0.1
    prior_weight: float = 100.0
    raw_share: float = 0.0
    temperature: float = 3.0
    same_mean: float = 0.75
    same_deviation: float = 0.15
    other_mean: float = 0.0
    other_deviation: float = 0.25
    pairs: float = 20.0

    def __post_init__(self) -> None:
        for name, value in asdict(self).items():
            if not isfinite(value):
                raise ValueError(f'{name}={value} must be a finite number')
        for name in ('shrinkage', 'temperature', 'same_deviation', 'other_deviation', 'pairs'):
            if getattr(self, name) <= 0:
                raise ValueError(f'{name}={getattr(self, name)} must be positive')
        if self.prior_weight < 0:
            raise ValueError(f'prior_weight={self.prior_weight} must be at least 0')
        if not 0 <= self.raw_share <= 1:
            raise ValueError(f'raw_share={self.raw_share} must be in 0..1')
