"""Cross-validation over sequences, and the decision which values are adopted."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from .search_space import Values

Gains = Mapping[str, float]
"""Objective of each sequence less that under the start."""


@dataclass(frozen=True)
class Fold:
    """A split of the sequences.

    Attributes:
        searched: Sequences that values are searched on.
        held_out: Sequences that they are judged on.
    """

    searched: tuple[str, ...]
    held_out: tuple[str, ...]


@dataclass(frozen=True)
class Candidate:
    """Best values of a fold.

    Attributes:
        fold: The fold.
        values: Those found on its searched sequences; those of the start if none were better.
        gains: On all sequences.
    """

    fold: Fold
    values: Values
    gains: Gains

    @property
    def held_out_worth(self) -> float:
        """Worth on the sequences that the search has not seen."""
        return worth({name: self.gains[name] for name in self.fold.held_out})


@dataclass(frozen=True)
class Decision:
    """Outcome of a cross-validation.

    Attributes:
        adopted: The candidate whose values are taken; None keeps the start.
        reason: The reason, a sentence.
    """

    adopted: Candidate | None
    reason: str


def make_folds(names: Sequence[str], number: int) -> list[Fold]:
    """Deal sequences to folds, in turn; each is held out once.

    Raises:
        ValueError: There are fewer than two folds, or fewer sequences than folds.
    """
    if not 2 <= number <= len(names):
        raise ValueError(
            f'--folds {number} must be between 2 and {len(names)}, the number of sequences'
        )
    parts = [tuple(names[first::number]) for first in range(number)]
    return [Fold(tuple(n for n in names if n not in part), part) for part in parts]


def worth(gains: Gains) -> float:
    """Return the mean gain, or the worst loss if any sequence loses.

    Values that buy the gain of one video with the loss of another are those that fit noise.
    """
    worst = min(gains.values())
    return worst if worst < 0 else sum(gains.values()) / len(gains)


def decide(candidates: Sequence[Candidate]) -> Decision:
    """Adopt the best candidate if no fold lost on the sequences held out from it.

    All folds must stand the test, also those not adopted: of several candidates without any
    effect, one would stand it by chance.
    """
    for each in candidates:
        if each.held_out_worth < 0:
            losers = [n for n in each.fold.held_out if each.gains[n] < 0]
            return Decision(
                None,
                f'values found on {", ".join(each.fold.searched)} lower {", ".join(losers)}, '
                'held out from that search',
            )
    best = max(candidates, key=lambda each: worth(each.gains))
    if not worth(best.gains) > 0:
        return Decision(None, 'no values were better on the sequences that they were searched on')
    return Decision(
        best,
        f'no held-out sequence loses; values are those found on {", ".join(best.fold.searched)}',
    )
