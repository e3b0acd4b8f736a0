"""Matching by a network over the graph of tracks and detections: Sparse Graph Tracker."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import torch
from torch import Tensor

from mmmaml.models.graph import GraphNetwork, GraphScores, SparseEdges, nearest_edges

from .assignment import assign_pairs
from .partial_matches import Comparison, PartialMatches
from .stage import Stage

NO_VETO = -1.0


@dataclass(frozen=True)
class GraphStage(Stage):
    """Recent and tentative tracks and all detections, weak ones too, by a trained network.

    Hyun et al., WACV 2023, arXiv:2205.00968. Tracks and detections are the nodes of a graph, with
    edges between those that overlap, look alike or are near each other; a bound
    :class:`~mmmaml.models.graph.GraphNetwork` says for each edge how likely it is of one person,
    and for each detection how likely it is somebody. So weak detections of people half hidden
    continue their tracks. The similarities are those of the tracker, adapted ones if a head is
    bound. A frame without features is left to other stages. After ``appearance``, or another
    stage, the graph is that of the tracks and detections that are left.

    Args:
        edge_thr: Least probability of an edge, 0..1. Larger: fewer switches between people,
            more tracks that break.
        node_thr: Least probability of a weak detection to be somebody, 0..1. Larger: fewer
            false boxes, fewer people recovered. 1: strong detections alone.
        motion: Expect tracks at their predicted boxes. False: where they were seen last, as the
            paper does.
    """

    name: ClassVar[str] = 'graph'
    needs_graph: ClassVar[bool] = True

    edge_thr: float = 0.4
    node_thr: float = 0.5
    motion: bool = True

    def __post_init__(self) -> None:
        self._check_share('edge_thr')
        self._check_share('node_thr')

    def match(self, frame: PartialMatches) -> None:
        """Match tracks to detections along the edges."""
        pool, detections, network = frame.pool, frame.detections, frame.graph
        assert network is not None  # the tracker has checked it
        tracks = np.union1d(frame.recent, pool.tentative())
        tracks = frame.of_known_appearance(frame.unmatched(tracks))
        dets = frame.with_features((detections.high | detections.low) & (frame.tracks < 0))
        best = np.argsort(-detections.scores[dets], kind='stable')[: network.max_nodes]
        dets = np.sort(dets[best])
        if not len(tracks) or not len(dets):
            return
        cosines = frame.appearance.similarity(tracks, frame.features(dets))
        strong = detections.high[dets]
        if frame.comparison is None:
            frame.comparison = Comparison(tracks, dets[strong], cosines[:, strong], NO_VETO)
        edges, scores = self._judge(network, frame, tracks, dets, cosines)
        row, column = edges.former.cpu().numpy(), edges.current.cpu().numpy()
        probability, node = (each.double().sigmoid().cpu().numpy() for each in scores)
        near = probability >= self.edge_thr
        near &= strong[column] | (node[column] >= self.node_thr)
        near &= pool.state.labels[tracks[row]] == detections.labels[dets[column]]
        cost = 1 - probability[near]
        rows, columns = assign_pairs(row[near], column[near], cost, 1 - self.edge_thr)
        frame.tracks[dets[columns]] = tracks[rows]

    @torch.no_grad()
    def _judge(
        self,
        network: GraphNetwork,
        frame: PartialMatches,
        tracks: np.ndarray,
        dets: np.ndarray,
        cosines: np.ndarray,
    ) -> tuple[SparseEdges, GraphScores]:
        """Run the network on tracks (T,) and detections (P,) of cosines (T, P)."""
        appearance, detections = frame.appearance, frame.detections
        like = next(network.parameters())

        def placed(values: np.ndarray) -> Tensor:
            return torch.from_numpy(values).to(like)

        boxes = (
            frame.pool.predicted_boxes(tracks) if self.motion else frame.pool.state.boxes[tracks]
        )
        edges = nearest_edges(
            placed(boxes), placed(detections.boxes[dets]), placed(cosines), network.num_nearest
        )
        scores = network(
            appearance.track_embeddings(tracks).to(like),
            appearance.embeddings(frame.features(dets)).to(like),
            placed(detections.scores[dets]),
            edges,
        )
        return edges, scores
