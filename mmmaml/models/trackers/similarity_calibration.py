"""What a cosine says in a scene."""

import numpy as np

_ALIKE, _UNLIKE = (0.75, 0.15), (0.0, 0.25)
"""Mean and standard deviation of the cosines of one person and of two, before any was seen."""

_PRIOR = 20.0
_LEAST_GAP, _LEAST_VARIANCE = 0.05, 1e-4


class SimilarityCalibration:
    """How likely a cosine is of one person rather than of two, learnt from the scene itself.

    In one video the looks of one person agree to 0.9, in the next, dark and crowded, to 0.6, so
    the same cosine says different things. Everyone in view is a sample of both: a track and the
    detection it was matched to are one person, the track and all other detections are two. The
    log-likelihood ratio of two normal distributions with these means and one variance is linear
    in the cosine (Fisher, 1936, doi:10.1111/j.1469-1809.1936.tb02137.x).

    Args:
        temperature: What the ratio is divided by, > 0. Above 1, as cosines have longer tails
            than normal ones, and those of successive frames err alike.
        memory: Pairs of one person after which old ones fade.
    """

    def __init__(self, temperature: float, memory: float) -> None:
        self.temperature = temperature
        self.memory = memory
        self.reset()

    def reset(self) -> None:
        """Forget the scene."""
        self._alike = _PRIOR * _moments(*_ALIKE)
        self._unlike = _PRIOR * _moments(*_UNLIKE)

    def observe(self, cosines: np.ndarray, alike: np.ndarray) -> None:
        """Learn from a frame.

        Args:
            cosines: (...) of all tracks and detections that were compared.
            alike: (P,) those of them that turned out to be one person.
        """
        if not len(alike):
            return
        same = _sums(alike)
        others = _sums(cosines.ravel()) - same
        self._alike = self._faded(self._alike + same)
        if others[0] >= 1:  # a frame's pairs of two people weigh as much as those of one
            self._unlike = self._faded(self._unlike + others * (same[0] / others[0]))

    def likelihood(self, cosines: np.ndarray) -> np.ndarray:
        """Probability, 0..1, that cosines (...) are of one person, both being as likely before."""
        (alike, variance), (unlike, other_variance) = map(_spread, (self._alike, self._unlike))
        gap = max(alike - unlike, _LEAST_GAP)
        slope = 2 * gap / max(variance + other_variance, _LEAST_VARIANCE) / self.temperature
        exponent = slope * (cosines - (alike + unlike) / 2)
        return 1 / (1 + np.exp(-np.clip(exponent, -50, 50)))

    def _faded(self, sums: np.ndarray) -> np.ndarray:
        return sums * min(1.0, self.memory / sums[0])


def _moments(mean: float, deviation: float) -> np.ndarray:
    return np.array([1.0, mean, mean**2 + deviation**2])


def _sums(values: np.ndarray) -> np.ndarray:
    """Number, sum and sum of squares of (N,)."""
    return np.array([len(values), values.sum(), values @ values], dtype=np.float64)


def _spread(sums: np.ndarray) -> tuple[float, float]:
    """Mean and variance."""
    number, total, squares = sums
    return total / number, squares / number - (total / number) ** 2
