"""The stage of the graph: its matches, weak boxes it recovers, its company in the tracker."""

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from mmmaml.models import MetaReIDHead
from mmmaml.models.graph import GraphNetwork, GraphScores, SparseEdges
from mmmaml.models.trackers import OnlineMetaTracker

from ..stories import APPEARANCE, box, see, tracker


class Oracle(GraphNetwork):
    """A network whose edges are as alike as their cosine, and nodes as likely as they are told.

    It keeps what it is asked.
    """

    def __init__(self, node: float = 0.9, **options: int) -> None:
        super().__init__(8, channels=2, **options)
        self.node = node
        self.asked: list[tuple[torch.Tensor, torch.Tensor, torch.Tensor, SparseEdges]] = []

    def forward(self, former, current, scores, edges):
        self.asked.append((former, current, scores, edges))
        probability = edges.features[:, 4].clamp(0.01, 0.99)
        nodes = torch.full((len(current),), self.node)
        return GraphScores(torch.logit(probability), torch.logit(nodes))


def graph_tracker(network=None, head=None, **options):
    stage = options.pop('graph', {})
    track = tracker(**{'stages': {'graph': stage}, **options})
    track.bind(head, Oracle() if network is None else network)
    return track


def test_edges_decide_who_is_who():
    track = graph_tracker()
    assert see(track, 0, [box(100), box(300)], [0, 1]) == [1, 2]
    assert see(track, 1, [box(100), box(300)], [1, 0]) == [2, 1]
    assert [each.stage for each in track.decisions()] == ['graph', 'graph']


@pytest.mark.parametrize(('edge_thr', 'expected'), [(0.59, [1]), (0.61, [-1])])
def test_an_edge_needs_its_probability(edge_thr, expected):
    track = graph_tracker(graph={'edge_thr': edge_thr})
    see(track, 0, [box(100)], [0])
    feature = 0.6 * APPEARANCE[0] + 0.8 * APPEARANCE[1]
    assert see(track, 1, [box(100)], feature[None]) == expected


@pytest.mark.parametrize(
    ('node', 'score', 'expected'),
    [(0.6, 0.35, 1), (0.4, 0.35, -1), (0.4, 0.65, 1), (0.9, 0.2, -1)],
)
def test_weak_boxes_are_recovered_if_their_node_is_somebody(node, score, expected):
    track = graph_tracker(Oracle(node))
    see(track, 0, [box(100), box(300)], [0, 1])
    assert see(track, 1, [box(104), box(300)], [0, 1], [score, 0.9]) == [expected, 2]
    # Those who are recovered count as seen.
    row = np.flatnonzero(track.tracks.state.ids == 1)[0]
    seen = 1 if expected == 1 else 0
    assert track.tracks.state.last_frame[row] == seen
    assert track.tracks.state.hits[row] == 1 + seen
    # What is hardly visible says nothing about how someone looks.
    torch.testing.assert_close(track.appearance.memory.mean[row], APPEARANCE[0])


def test_weak_boxes_start_nothing():
    track = graph_tracker()
    for frame in range(4):
        assert see(track, frame, [box(100)], [0], [0.4]) == [-1]


def test_new_people_are_reported_by_the_graph_alone():
    track = graph_tracker()
    see(track, 0, [box(100)], [0])
    assert see(track, 1, [box(100), box(300)], [0, 1]) == [1, -1]
    assert see(track, 2, [box(100), box(300)], [0, 1]) == [1, 2]


def test_classes_do_not_mix():
    track = graph_tracker()
    see(track, 0, [box(100)], [0])
    assert see(track, 1, [box(100)], [0], labels=[1]) == [-1]


@pytest.mark.parametrize(('motion', 'expected'), [(True, 0.0), (False, 10.0)])
def test_tracks_are_where_their_motion_expects_them_or_where_they_were(motion, expected):
    network = Oracle()
    track = graph_tracker(network, graph={'motion': motion})
    for frame in range(30):
        see(track, frame, [box(100 + 10 * frame)], [0])
    (_, _, _, edges) = network.asked[-1]
    assert edges.features[0, 0].item() * 100 == pytest.approx(expected, abs=1.0)


def test_the_network_gets_embeddings_scores_and_the_best_boxes():
    network = Oracle(max_nodes=2)
    track = graph_tracker(network)
    see(track, 0, [box(100), box(300)], [0, 1])
    boxes = [box(100), box(300), box(500), box(700)]
    see(track, 1, boxes, 3 * APPEARANCE[:4], [0.4, 0.9, 0.35, 0.7])
    former, current, scores, edges = network.asked[-1]
    torch.testing.assert_close(former, APPEARANCE[:2])
    torch.testing.assert_close(current, APPEARANCE[[1, 3]])
    torch.testing.assert_close(scores, torch.tensor([0.9, 0.7]))
    assert len(edges.former) == 4


def test_a_frame_without_features_or_people_is_left_to_others():
    track = graph_tracker(stages={'graph': {}, 'overlap': {}})
    see(track, 0, [box(100)], [0])
    assert see(track, 1, [], APPEARANCE[:0]) == []
    assert see(track, 2, [box(100)]) == [1]
    assert [each.stage for each in track.decisions()] == ['overlap']


def identity_head():
    head = MetaReIDHead(8, 8)
    with torch.no_grad():
        head.embed.weight.copy_(torch.eye(8))
        head.embed.bias.zero_()
    return head


def test_the_edges_get_the_adapted_similarity():
    network = Oracle()
    track = graph_tracker(network, identity_head(), rate_certainty=True)
    gen = torch.Generator().manual_seed(0)
    people = F.normalize(torch.rand(5, 8, generator=gen), dim=1)  # all alike
    places = [box(100 + 150 * i) for i in range(5)]
    for frame in range(20):
        noise = 0.02 * torch.randn(5, 8, generator=gen)
        assert see(track, frame, places, people + noise) == [1, 2, 3, 4, 5]
        assert np.isfinite(track.certainty.values).all()
    former, current, _, edges = network.asked[-1]
    same = edges.former == edges.current
    assert (former @ current.T)[edges.former, edges.current][~same].mean() > 0.6
    # The metric is centred on the people in view.
    assert edges.features[~same, 4].mean() < 0.1
    assert edges.features[same, 4].mean() > 0.8
    # What was matched teaches the calibration.
    assert track.adapter.calibration.likelihood(edges.features[same, 4].numpy()).min() > 0.6


def test_after_appearance_the_graph_joins_those_who_are_left():
    network = Oracle()
    track = graph_tracker(network, stages={'graph': {}, 'appearance': {}})
    see(track, 0, [box(100), box(300)], [0, 1])
    assert see(track, 1, [box(100), box(306)], [0, 1], [0.9, 0.4]) == [1, 2]
    assert {each.id: each.stage for each in track.decisions()} == {1: 'appearance', 2: 'graph'}
    former, current, *_ = network.asked[-1]
    assert torch.equal(former, APPEARANCE[1:2])
    assert torch.equal(current, APPEARANCE[1:2])


def test_re_entry_follows_the_graph():
    track = graph_tracker(stages={'graph': {}, 'reentry': {}}, recent_seconds=0.2)
    see(track, 0, [box(100), box(300)], [0, 1])
    for frame in range(1, 8):
        see(track, frame, [box(300)], [1])
    assert see(track, 8, [box(140), box(300)], [0, 1])[1] == 2
    assert see(track, 9, [box(140), box(300)], [0, 1]) == [1, 2]


def test_the_state_goes_on_elsewhere():
    def walk(track, frames):
        return [see(track, f, [box(100 + 4 * f), box(300)], [0, 1]) for f in frames]

    track, other = graph_tracker(), graph_tracker()
    walk(track, range(5))
    other.load_state_dict(track.state_dict())
    assert walk(other, range(5, 9)) == walk(track, range(5, 9)) == [[1, 2]] * 4


def test_without_a_network_the_tracker_says_what_is_missing():
    track = tracker(stages={'graph': {}})
    with pytest.raises(ValueError, match='stage graph needs a trained graph network'):
        see(track, 0, [box(100)], [0])
    assert track.tracks.frame_id is None  # as it was
    track.bind(None, Oracle())
    assert see(track, 0, [box(100)], [0]) == [1]
    track.bind(None)
    with pytest.raises(ValueError, match=r'bind\(head, graph\)'):
        see(track, 1, [box(100)], [0])


def test_a_network_for_other_embeddings_is_refused():
    track = OnlineMetaTracker(stages={'graph': {}})
    track.bind(None, GraphNetwork(5))
    with pytest.raises(ValueError, match='8 channels, the bound graph network takes 5'):
        see(track, 0, [box(100)], [0])
    assert track.tracks.frame_id is None


@pytest.mark.parametrize('option', ['edge_thr', 'node_thr'])
def test_thresholds_out_of_range(option):
    with pytest.raises(ValueError, match=f'stages.graph.{option}=1.5 must be between 0 and 1'):
        tracker(stages={'graph': {option: 1.5}})
