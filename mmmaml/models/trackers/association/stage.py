"""The form of a stage of matching."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, NamedTuple

from mmmaml.utils.option_checks import check_number

from ..appearance.track_appearance import TrackAppearance
from .partial_matches import PartialMatches


class SimilarityDefault(NamedTuple):
    """Default of a similarity threshold for each kind of features.

    Attributes:
        plain: For features as they are.
        adapted: For features under the adapted parameters of a bound head.
    """

    plain: float
    adapted: float

    def unless(self, given: float | None, appearance: TrackAppearance) -> float:
        """Return the threshold that was given, or the default for this appearance."""
        if given is not None:
            return given
        return self.plain if appearance.adapter is None else self.adapted


@dataclass(frozen=True)
class Stage(ABC):
    """One way for tracks and detections that are left to find each other.

    A subclass has its thresholds as fields, which become the options of the stage in a config,
    and stands in the table of :mod:`.stages`.

    Attributes:
        name: Of the stage in a config.
        needs_graph: True if a graph network has to be bound.
    """

    name: ClassVar[str]
    needs_graph: ClassVar[bool] = False

    @abstractmethod
    def match(self, frame: PartialMatches) -> None:
        """Add pairs to those of the stages before."""

    def order_problem(self, later: Sequence['Stage']) -> str | None:
        """Return the reason for which a stage must not come later than this one, if any.

        Args:
            later: The stages after this one.
        """
        del later
        return None

    def _check(self, option: str, expected: str, low: float, high: float = float('inf')) -> None:
        name = f'stages.{self.name}.{option}'
        check_number(name, getattr(self, option), expected, low, high)

    def _check_share(self, option: str) -> None:
        self._check(option, 'between 0 and 1', 0, 1)

    def _check_similarity(self, option: str) -> None:
        if getattr(self, option) is not None:
            self._check(option, 'a similarity, between -1 and 1, or None', -1, 1)
