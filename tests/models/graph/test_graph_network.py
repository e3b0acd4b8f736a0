"""The graph network: one round of messages edge by edge, and its inputs and outputs."""

import pytest
import torch

from mmmaml.models.graph import GraphNetwork, SparseEdges, joined_edges


def network(**options: int) -> GraphNetwork:
    torch.manual_seed(0)
    return GraphNetwork(3, **{'channels': 4, **options}).double()


def edges(former: list[int], current: list[int]) -> SparseEdges:
    features = torch.randn(len(former), 6, generator=torch.Generator().manual_seed(1))
    return SparseEdges(
        torch.tensor(former).long(), torch.tensor(current).long(), features.double()
    )


def test_a_round_of_messages_edge_by_edge() -> None:
    net = network()
    gen = torch.Generator().manual_seed(2)
    nodes = torch.randn(5, 4, generator=gen).double()
    state = torch.randn(3, 4, generator=gen).double()
    former, current = [0, 1, 1], [3, 3, 4]  # node 2 has no edge
    found, found_state = net.exchange(nodes, state, torch.tensor(former), torch.tensor(current))
    received: dict[int, list[torch.Tensor]] = {node: [] for node in range(5)}
    for edge, (i, j) in enumerate(zip(former, current, strict=True)):
        updated = state[edge] + net.edge_update(torch.cat([nodes[i], nodes[j], state[edge]]))
        torch.testing.assert_close(found_state[edge], updated)
        received[j].append(net.to_current(torch.cat([nodes[i], updated])))
        received[i].append(net.to_former(torch.cat([nodes[j], updated])))
    for node, messages in received.items():
        mean = torch.stack(messages).mean(0) if messages else torch.zeros(4).double()
        expected = nodes[node] + net.node_update(torch.cat([nodes[node], mean]))
        torch.testing.assert_close(found[node], expected)


def test_one_round_with_weights_of_one_by_hand() -> None:
    """Channels of width 1 and layers that add their inputs up."""
    net = GraphNetwork(1, channels=1, rounds=1)
    for module in net.modules():
        if isinstance(module, torch.nn.Linear):
            torch.nn.init.ones_(module.weight)
            torch.nn.init.zeros_(module.bias)
    given = SparseEdges(
        torch.tensor([0, 0]),
        torch.tensor([0, 1]),
        torch.tensor([[1.0, 0, 0, 0, 0, 0], [2.0, 0, 0, 0, 0, 0]]),
    )
    scores = net(
        torch.tensor([[1.0]]), torch.tensor([[1.0], [0.5]]), torch.tensor([0.5, 0]), given
    )
    # Nodes: 1 + 1 of the former, 1 + .5 and .5 + 0 of the current ones. Edges: 1 and 2.
    first, second = 1 + (2 + 1.5 + 1), 2 + (2 + 0.5 + 2)
    assert scores.edges.tolist() == [first, second]
    # A node takes itself and the mean message, of the former node and the edge.
    assert scores.nodes.tolist() == [1.5 + (1.5 + 2 + first), 0.5 + (0.5 + 2 + second)]


def test_graphs_side_by_side_are_graphs_apart() -> None:
    net = network()
    gen = torch.Generator().manual_seed(3)
    former, current = (torch.randn(n, 3, generator=gen).double() for n in (5, 6))
    scores = torch.rand(6, generator=gen).double()
    one, two = edges([0, 1, 1], [0, 1, 2]), edges([0, 2, 2], [1, 0, 2])
    joined = net(former, current, scores, joined_edges([one, two], [2, 3], [3, 3]))
    first = net(former[:2], current[:3], scores[:3], one)
    second = net(former[2:], current[3:], scores[3:], two)
    torch.testing.assert_close(joined.edges, torch.cat([first.edges, second.edges]))
    torch.testing.assert_close(joined.nodes, torch.cat([first.nodes, second.nodes]))


def test_a_round_more_reaches_one_neighbour_further() -> None:
    """Along a chain of edges a change of its end reaches as many as there are rounds."""
    chain = edges([0, 1, 1, 2], [0, 0, 1, 1])
    former, current = torch.randn(3, 3).double(), torch.randn(2, 3).double()
    for rounds, reached in ((1, 1), (2, 2), (3, 3)):
        net = network(rounds=rounds, channels=32)
        before = net(former, current, torch.ones(2), chain).edges
        moved = former.clone()
        moved[0] += 1
        after = net(moved, current, torch.ones(2), chain).edges
        assert (before != after).tolist() == [edge < reached for edge in range(4)]


def test_nobody_to_join() -> None:
    scores = network()(
        torch.zeros(0, 3).double(), torch.ones(2, 3).double(), torch.ones(2), edges([], [])
    )
    assert scores.edges.shape == (0,)
    assert scores.nodes.shape == (2,)


@pytest.mark.parametrize('option', ['rounds', 'num_nearest', 'max_nodes'])
def test_options_out_of_range(option: str) -> None:
    with pytest.raises(ValueError, match=f'{option}=0 of the graph'):
        GraphNetwork(3, **{option: 0})
