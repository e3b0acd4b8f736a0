from itertools import combinations, permutations

import numpy as np
import pytest

from mmmaml.models.trackers.association.assignment import assign


def best_by_trying_all(cost, threshold):
    """Least total of a partial matching, a pair being worth what it is below the threshold."""
    rows, columns = cost.shape
    best = 0.0
    for number in range(1, min(rows, columns) + 1):
        for chosen in combinations(range(rows), number):
            for partners in permutations(range(columns), number):
                pairs = cost[list(chosen), list(partners)]
                if (pairs <= threshold).all():
                    best = min(best, (pairs - threshold).sum())
    return best


@pytest.mark.parametrize('seed', range(20))
def test_optimal_among_all_partial_assignments(seed):
    rng = np.random.default_rng(seed)
    cost = rng.random((rng.integers(1, 5), rng.integers(1, 5)))
    cost[rng.random(cost.shape) < 0.2] = np.inf
    cost[rng.random(cost.shape) < 0.1] = np.nan
    rows, columns = assign(cost, 0.6)
    assert len(set(rows)) == len(rows)
    assert len(set(columns)) == len(columns)
    chosen = cost[rows, columns]
    assert (chosen <= 0.6).all()
    assert (chosen - 0.6).sum() == pytest.approx(best_by_trying_all(cost, 0.6), abs=1e-6)


@pytest.mark.parametrize('shape', [(0, 0), (0, 3), (3, 0)])
def test_nothing_to_assign(shape):
    rows, columns = assign(np.zeros(shape), 1.0)
    assert len(rows) == len(columns) == 0
    assert rows.dtype == np.int64


@pytest.mark.parametrize('value', [np.inf, np.nan, 0.5000001])
def test_impossible_pairs_stay_apart(value):
    assert len(assign(np.full((2, 3), value), 0.5)[0]) == 0


def test_a_pair_exactly_at_the_threshold_is_kept():
    rows, columns = assign(np.array([[np.inf, 0.5], [0.7, np.inf]]), 0.5)
    assert rows.tolist() == [0]
    assert columns.tolist() == [1]


def test_a_poor_pair_is_given_up_for_a_good_one():
    # Two pairs at 0.55 would leave nobody alone, but one at 0 is worth more.
    cost = np.array([[0.0, 0.55], [0.55, 2.0]])
    rows, columns = assign(cost, 0.6)
    assert rows.tolist() == [0]
    assert columns.tolist() == [0]


def test_the_cost_is_left_alone():
    cost = np.array([[np.inf, 0.2], [0.3, np.nan]])
    before = cost.copy()
    assign(cost, 0.5)
    np.testing.assert_array_equal(cost, before)
