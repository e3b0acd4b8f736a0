"""A one-shot head with a graph of the people of two frames."""

from typing import NamedTuple

import torch
from mmdet.structures import DetDataSample
from torch import Tensor, nn
from torch.nn import functional as F

from mmmaml.models.graph import GraphNetwork, SparseEdges, joined_edges, nearest_edges
from mmmaml.models.graph.sparse_edges import box_overlaps
from mmmaml.registry import MODELS
from mmmaml.structures import TaskDataSample

from .center_decoding import decode_centers
from .center_targets import CenterTargets
from .one_shot_head import CenterMaps, FurtherLoss, OneShotHead

UNKNOWN = -1
"""Person of a box that is somebody whose identity is not known."""
NOBODY = -2
"""Person of a box that is nobody."""


class _Nodes(NamedTuple):
    """The K boxes of highest score of each of B frames.

    Attributes:
        boxes: (B, K, 4) xyxy in pixels of the input.
        scores: (B, K).
        embeds: (B, K, D) of length 1.
        people: (B, K) int64 identity, :data:`UNKNOWN` or :data:`NOBODY`.
    """

    boxes: Tensor
    scores: Tensor
    embeds: Tensor
    people: Tensor


@MODELS.register_module()
class GraphHead(OneShotHead):
    """:class:`OneShotHead` with a :class:`GraphNetwork`, that of the Sparse Graph Tracker.

    Hyun et al., Detection Recovery in Online Multi-Object Tracking with Sparse Graph Tracker,
    WACV 2023, arXiv:2205.00968; made from the paper alone. It trains on tasks of frames of an
    ``EpisodicDataset``: in each two frames that follow one another are a graph, whose nodes are
    the boxes of highest score, the weak ones too. An edge is true if both boxes are of one
    identity, a node if its box is somebody's. Both have a focal loss; their sum has a learned
    weight beside those of detection and identification. The tracker's stage ``graph`` uses the
    network online.

    What is ours: identification is trained, too, and its embeddings are the nodes.

    Args:
        in_channels: Channels of the map.
        reid: Config of a ``MetaReIDHead``.
        graph: Arguments of :class:`GraphNetwork` but ``in_channels``.
        min_truth_iou: Least IoU of a box with a person's for it to be theirs; each person has the
            best box only, and others of them are nobody.
        loss_edge: Config of a loss of edges.
        loss_node: Config of a loss of nodes.
        weights: Arguments of :class:`UncertaintyWeights`, ``graph`` among them.
        **options: Of :class:`OneShotHead`.
    """

    further = FurtherLoss('graph', 'loss_graph', ('graph_edge', 'graph_node'))

    def __init__(
        self,
        in_channels: int,
        reid: dict,
        graph: dict | None = None,
        min_truth_iou: float = 0.5,
        loss_edge: dict | None = None,
        loss_node: dict | None = None,
        weights: dict | None = None,
        **options: object,
    ) -> None:
        weights = {'graph': -1.05, **(weights or {})}
        super().__init__(in_channels, reid, weights=weights, **options)  # type: ignore[arg-type]
        self.min_truth_iou = min_truth_iou
        self.graph = GraphNetwork(self.reid.out_channels, **(graph or {}))
        focal = {'type': 'mmdet.FocalLoss'}
        self.loss_edge = MODELS.build(loss_edge or focal)
        self.loss_node = MODELS.build(loss_node or focal)

    def detection_parameters(self) -> list[nn.Parameter]:
        """Return the parameters that serve detection and the graph alone."""
        return [*super().detection_parameters(), *self.graph.parameters()]

    def loss(
        self, x: tuple[Tensor, ...], batch_data_samples: list[DetDataSample]
    ) -> dict[str, Tensor]:
        """Refuse single frames: a graph is of two.

        Raises:
            ValueError: Always.
        """
        raise ValueError(
            'GraphHead learns from pairs of frames, and these are single ones: wrap their dataset '
            'in EpisodicDataset(num_support=1, num_query=1, window=10), with '
            'task_detection_loss=True of the detector'
        )

    def task_detection_losses(
        self, x: tuple[Tensor, ...], targets: CenterTargets, data_samples: list[TaskDataSample]
    ) -> dict[str, Tensor]:
        """Compute the losses of detection and of the graph.

        Args:
            x: Maps of the B·F frames of tasks.
            targets: Of all of them.
            data_samples: Of the B tasks.

        Returns:
            Those of :class:`OneShotHead`, ``graph_edge`` and ``graph_node``.
        """
        maps = self.detect(x)
        losses = self.map_losses(x, maps, targets)
        pairs = successive_frames([sample.frame_ids[0] for sample in data_samples])
        with torch.autocast(x[0].device.type, enabled=False):
            nodes = self.nodes(x, maps, targets)
            return losses | self.graph_losses(nodes, pairs.to(x[0].device))

    def nodes(self, x: tuple[Tensor, ...], maps: CenterMaps, targets: CenterTargets) -> _Nodes:
        """Take the boxes of highest score as nodes, and find out whose they are."""
        heatmap, boxes, offsets = (each.detach() for each in maps)
        dets = decode_centers(heatmap, boxes, offsets, self.stride, self.graph.max_nodes)
        feats = self.features((x[0].to(self.reid.weight.dtype),), dets.cells.flatten())
        embeds = F.normalize(self.reid(feats), dim=-1).unflatten(0, dets.cells.shape)
        images, truth = truth_boxes(targets, self.stride)
        people = [
            whose_boxes(
                each, truth[images == i], targets.identities[images == i], self.min_truth_iou
            )
            for i, each in enumerate(dets.bboxes)
        ]
        return _Nodes(dets.bboxes, dets.scores, embeds, torch.stack(people))

    def graph_losses(self, nodes: _Nodes, pairs: Tensor) -> dict[str, Tensor]:
        """Compute the focal losses of edges and nodes, averaged over the true ones.

        Args:
            nodes: Of B frames.
            pairs: (P, 2) former and current frame of each graph.
        """
        former, current = pairs.unbind(1)
        graphs = [
            nearest_edges(
                nodes.boxes[i],
                nodes.boxes[j],
                nodes.embeds[i] @ nodes.embeds[j].T,
                self.graph.num_nearest,
            )
            for i, j in pairs.tolist()
        ]
        size = nodes.boxes.shape[1]
        edges = joined_edges(graphs, [size] * len(graphs), [size] * len(graphs))
        logits = self.graph(
            nodes.embeds[former].flatten(0, 1),
            nodes.embeds[current].flatten(0, 1),
            nodes.scores[current].flatten(),
            edges,
        )
        people = nodes.people[current].flatten()
        same, judged = _true_edges(edges, nodes.people[former].flatten(), people)
        return {
            'graph_edge': _focal(self.loss_edge, logits.edges[judged], same[judged]),
            'graph_node': _focal(self.loss_node, logits.nodes, people != NOBODY),
        }


def successive_frames(frame_ids: list[list[int]]) -> Tensor:
    """Return the frames that follow one another in the videos of tasks.

    Args:
        frame_ids: Of each of B tasks the numbers of its F frames, in the order of the batch.

    Returns:
        (B·(F − 1), 2) int64 indices into the B·F frames, the earlier one first.
    """
    order = torch.tensor(frame_ids).argsort(1)
    order += torch.arange(len(order))[:, None] * order.shape[1]
    return torch.stack([order[:, :-1], order[:, 1:]], -1).flatten(0, 1)


def truth_boxes(targets: CenterTargets, stride: int) -> tuple[Tensor, Tensor]:
    """Return the image (M,) and the box (M, 4), in pixels of the input, of each centre."""
    height, width = targets.heatmap.shape[-2:]
    images, cells = targets.cells // (height * width), targets.cells % (height * width)
    centres = torch.stack([cells % width, cells // width], 1) + targets.offsets
    boxes = torch.cat([centres - targets.boxes[:, :2], centres + targets.boxes[:, 2:]], 1)
    return images, boxes * stride


def whose_boxes(boxes: Tensor, truth: Tensor, identities: Tensor, min_iou: float) -> Tensor:
    """Find the person of each box.

    A box is a person's if of all boxes it overlaps most with theirs, and theirs of all people's
    most with it.

    Args:
        boxes: (K, 4) xyxy.
        truth: (M, 4) of the people.
        identities: (M,) theirs, −1 if unknown.
        min_iou: Least overlap.

    Returns:
        (K,) int64 identity, :data:`UNKNOWN` or :data:`NOBODY`.
    """
    people = torch.full_like(boxes[:, 0], NOBODY, dtype=torch.long)
    if not len(truth):
        return people
    overlap = box_overlaps(boxes, truth)
    best, person = overlap.max(1)
    own = overlap.argmax(0)[person] == torch.arange(len(boxes), device=boxes.device)
    return torch.where(own & (best >= min_iou), identities[person], people)


def _true_edges(edges: SparseEdges, former: Tensor, current: Tensor) -> tuple[Tensor, Tensor]:
    """Return (E,) bool: the edge is of one person; and: it is known if it is."""
    first, second = former[edges.former], current[edges.current]
    same = (first == second) & (first >= 0)
    # Two boxes of unknown people may be of one.
    return same, ~((first == UNKNOWN) & (second == UNKNOWN))


def _focal(loss: nn.Module, logits: Tensor, true: Tensor) -> Tensor:
    """Compute a focal loss of logits (P,), averaged over the true ones."""
    if not len(logits):
        return logits.sum()
    # Of one class, class 0 is the positive one for mmdet.
    return loss(logits[:, None], (~true).long(), avg_factor=max(int(true.sum()), 1))
