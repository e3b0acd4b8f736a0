"""Message passing between the people of two frames."""

from typing import NamedTuple

import torch
from torch import Tensor, nn

from .sparse_edges import EDGE_FEATURES, SparseEdges

_RARE = 2.2


class GraphScores(NamedTuple):
    """Logits of a graph.

    Attributes:
        edges: (E,) of being one person.
        nodes: (N,) of the current nodes, of being a person.
    """

    edges: Tensor
    nodes: Tensor


class GraphNetwork(nn.Module):
    """Sparse Graph Tracker: edges that tell if two boxes are one person, nodes if a box is one.

    Hyun et al., WACV 2023, arXiv:2205.00968, from the paper. In each round every edge takes up
    its two nodes and every node the mean of its edges' messages, by the same layers each time;
    both ways have messages of their own.

    What is ours: nodes start from embeddings of one length, which tracks remember, too, and
    current ones from their score beside it, which tracks do not have.

    Args:
        in_channels: D, width of the embeddings.
        channels: Width of nodes and edges.
        rounds: Rounds of messages. Each takes one more neighbour's neighbour into account.
        num_nearest: Neighbours of each node, for each of IoU, cosine and distance.
        max_nodes: Boxes of a frame that become nodes, those of highest score.
    """

    def __init__(
        self,
        in_channels: int,
        channels: int = 64,
        rounds: int = 3,
        num_nearest: int = 10,
        max_nodes: int = 100,
    ) -> None:
        super().__init__()
        for name, value in (
            ('rounds', rounds),
            ('num_nearest', num_nearest),
            ('max_nodes', max_nodes),
        ):
            if value < 1:
                raise ValueError(f'{name}={value} of the graph must be at least 1')
        self.in_channels, self.rounds = in_channels, rounds
        self.num_nearest, self.max_nodes = num_nearest, max_nodes
        self.node_start = _layers(in_channels + 2, channels, channels)
        self.edge_start = _layers(EDGE_FEATURES, channels, channels)
        self.edge_update = _layers(3 * channels, channels, channels)
        self.to_current = _layers(2 * channels, channels, channels)
        self.to_former = _layers(2 * channels, channels, channels)
        self.node_update = _layers(2 * channels, channels, channels)
        self.edge_classifier = _layers(channels, channels, 1)
        self.node_classifier = _layers(channels, channels, 1)
        for classifier in (self.edge_classifier, self.node_classifier):
            nn.init.constant_(classifier[-1].bias, -_RARE)  # type: ignore[arg-type]

    def forward(
        self, former: Tensor, current: Tensor, scores: Tensor, edges: SparseEdges
    ) -> GraphScores:
        """Classify edges and current nodes.

        Args:
            former: (T, D) embeddings of length 1.
            current: (N, D) likewise.
            scores: (N,) of the current boxes.
            edges: Between the two.
        """
        number = len(former)
        role = current.new_zeros(number + len(current), 2)
        role[:number, 0] = 1
        role[number:, 1] = scores.to(role)
        nodes = self.node_start(torch.cat([torch.cat([former, current]), role], dim=1))
        state = self.edge_start(edges.features)
        for _ in range(self.rounds):
            nodes, state = self.exchange(nodes, state, edges.former, number + edges.current)
        return GraphScores(
            self.edge_classifier(state).squeeze(1),
            self.node_classifier(nodes[number:]).squeeze(1),
        )

    def exchange(
        self, nodes: Tensor, state: Tensor, former: Tensor, current: Tensor
    ) -> tuple[Tensor, Tensor]:
        """Pass messages for one round.

        Args:
            nodes: (P, C) all nodes.
            state: (E, C) all edges.
            former: (E,) the one node of each edge.
            current: (E,) the other.

        Returns:
            Nodes and edges after it.
        """
        state = state + self.edge_update(torch.cat([nodes[former], nodes[current], state], 1))
        to_current = self.to_current(torch.cat([nodes[former], state], 1))
        to_former = self.to_former(torch.cat([nodes[current], state], 1))
        received = torch.zeros_like(nodes)
        received = received.index_add(0, current, to_current).index_add(0, former, to_former)
        ends = torch.cat([former, current])
        degree = torch.bincount(ends, minlength=len(nodes)).clamp_min(1)
        mean = received / degree[:, None]
        return nodes + self.node_update(torch.cat([nodes, mean], 1)), state


def _layers(in_channels: int, channels: int, out_channels: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Linear(in_channels, channels),
        nn.ReLU(inplace=True),
        nn.Linear(channels, out_channels),
    )
