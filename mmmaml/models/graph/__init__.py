"""Graphs of the people of two frames, and the network that joins them. Torch alone."""

from .graph_network import GraphNetwork, GraphScores
from .sparse_edges import SparseEdges, joined_edges, nearest_edges

__all__ = ['GraphNetwork', 'GraphScores', 'SparseEdges', 'joined_edges', 'nearest_edges']
