"""Likelihood of one person, given a cosine, in the scene at hand."""

import numpy as np

from mmmaml.meta import LEAST_GAP, LEAST_VARIANCE, AdapterNumbers


class SimilarityCalibration:
    """Likelihood that a cosine is of one person rather than of two, learnt from the scene.

    In one video the features of one person agree to 0.9, in the next, dark and crowded, to 0.6, so
    the same cosine says different things. Everyone in view is a sample of both: a track and the
    detection it was matched to are one person, the track and all other detections are two. The
    log-likelihood ratio of two normal distributions with these means and one variance is linear
    in the cosine (Fisher, 1936, doi:10.1111/j.1469-1809.1936.tb02137.x).

    Args:
        temperature: Divides the log-likelihood ratio, > 0. Above 1, as cosines have longer tails
            than normal ones, and those of successive frames err alike.
        memory: Pairs of one person after which old ones fade.
        start: Moments of the cosines before any was seen, and the pairs that they are worth.
    """

    def __init__(
        self, temperature: float, memory: float, start: AdapterNumbers | None = None
    ) -> None:
        self.temperature = temperature
        self.memory = memory
        self.start = start or AdapterNumbers()
        self.reset()

    def reset(self) -> None:
        """Forget the scene."""
        start = self.start
        self._same = start.pairs * _moments(start.same_mean, start.same_deviation)
        self._other = start.pairs * _moments(start.other_mean, start.other_deviation)

    def observe(self, cosines: np.ndarray, own: np.ndarray) -> None:
        """Learn from a frame.

        Args:
            cosines: (...) of all tracks and detections that were compared.
            own: (P,) those of them that turned out to be of one person.
        """
        if not len(own):
            return
        same = _sums(own)
        other = _sums(cosines.ravel()) - same
        self._same = self._faded(self._same + same)
        if other[0] >= 1:  # a frame's pairs of two people weigh as much as those of one
            self._other = self._faded(self._other + other * (same[0] / other[0]))

    def likelihood(self, cosines: np.ndarray) -> np.ndarray:
        """Return the probability, 0..1, that cosines (...) are of one person.

        Before the cosine is known, one person and two are equally likely.
        """
        (same, variance), (other, other_variance) = map(_spread, (self._same, self._other))
        gap = max(same - other, LEAST_GAP)
        slope = 2 * gap / max(variance + other_variance, LEAST_VARIANCE) / self.temperature
        exponent = slope * (cosines - (same + other) / 2)
        return 1 / (1 + np.exp(-np.clip(exponent, -50, 50)))

    def _faded(self, sums: np.ndarray) -> np.ndarray:
        return sums * min(1.0, self.memory / sums[0])


def _moments(mean: float, deviation: float) -> np.ndarray:
    return np.array([1.0, mean, mean**2 + deviation**2])


def _sums(values: np.ndarray) -> np.ndarray:
    """Return number, sum and sum of squares of (N,)."""
    return np.array([len(values), values.sum(), values @ values], dtype=np.float64)


def _spread(sums: np.ndarray) -> tuple[float, float]:
    """Return mean and variance."""
    number, total, squares = sums
    return total / number, squares / number - (total / number) ** 2
