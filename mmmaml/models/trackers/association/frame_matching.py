"""Matching of one frame."""

from collections.abc import Sequence

from torch import Tensor

from ..appearance.track_appearance import TrackAppearance
from ..detections.detections import Detections
from ..tracks.matches import Matches
from ..tracks.track_pool import TrackPool
from .partial_matches import PartialMatches
from .stage import Stage


class FrameMatching:
    """The stages of matching, in order; each works on what those before it left.

    Args:
        stages: The stages.
    """

    def __init__(self, stages: Sequence[Stage]) -> None:
        self.stages = tuple(stages)

    def run(
        self,
        pool: TrackPool,
        detections: Detections,
        feats: Tensor | None,
        appearance: TrackAppearance,
    ) -> Matches:
        """Match tracks and detections of one frame; nothing but the result changes.

        Args:
            pool: The tracks, predicted for this frame.
            detections: The N detections of this frame.
            feats: (N, C) their features, or None.
            appearance: Compares tracks and features.
        """
        frame = PartialMatches(pool, detections, feats, appearance)
        for number, stage in enumerate(self.stages):
            before = frame.tracks.copy()
            stage.match(frame)
            frame.stages[frame.tracks != before] = number
        return frame.finish()
