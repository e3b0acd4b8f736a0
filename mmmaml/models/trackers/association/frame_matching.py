"""Matching of one frame."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from torch import Tensor

from ..appearance.track_appearance import TrackAppearance
from ..detections.detections import Detections
from ..tracks.matches import Matches
from ..tracks.track_pool import TrackPool
from .partial_matches import PartialMatches
from .stage import Stage

if TYPE_CHECKING:
    from mmmaml.models.graph import GraphNetwork


class FrameMatching:
    """The stages of matching, in order; each works on what those before it left.

    Args:
        stages: The stages.

    Attributes:
        graph: The graph network for the stages that need one, or None.
    """

    def __init__(self, stages: Sequence[Stage]) -> None:
        self.stages = tuple(stages)
        self.graph: GraphNetwork | None = None

    def check(self, feats: Tensor | None, appearance: TrackAppearance) -> None:
        """Refuse to match without the networks that the stages need.

        Args:
            feats: (N, C) features of the frame, or None.
            appearance: Compares tracks and features.

        Raises:
            ValueError: A stage needs a graph network, and none is bound, or one for embeddings
                of another width.
        """
        names = [stage.name for stage in self.stages if stage.needs_graph]
        if not names:
            return
        if self.graph is None:
            raise ValueError(
                f'the stage {names[0]} needs a trained graph network, and none is bound: track '
                "with a model whose detector has a GraphHead, hand one to the tracker's "
                f'bind(head, graph), or leave {names[0]} out of stages'
            )
        width = self.graph.in_channels if feats is None else appearance.embedding_width(feats)
        if width != self.graph.in_channels:
            raise ValueError(
                f'embeddings have {width} channels, the bound graph network takes '
                f'{self.graph.in_channels}: bind the one that was trained with them'
            )

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
        frame = PartialMatches(pool, detections, feats, appearance, self.graph)
        for number, stage in enumerate(self.stages):
            before = frame.tracks.copy()
            stage.match(frame)
            frame.stages[frame.tracks != before] = number
        return frame.finish()
