"""Optimal assignment of tracks and detections."""

import numpy as np


def assign(cost: np.ndarray, threshold: float) -> tuple[np.ndarray, np.ndarray]:
    """Assign one to one at least cost, each pair costing at most ``threshold``.

    Leaving a track and a detection apart costs slightly more than ``threshold``, so a pair is
    given up if that lets others be cheaper by more than it is worth.

    Args:
        cost: (T, N). Infinite or NaN if a pair is impossible; T and N may be 0.
        threshold: Largest cost of a pair, itself allowed. Finite.

    Returns:
        Rows and columns (P,) of the pairs, rows ascending.
    """
    row, column = np.nonzero(cost <= threshold)
    return assign_pairs(row, column, cost[row, column], threshold)


def assign_pairs(
    row: np.ndarray, column: np.ndarray, cost: np.ndarray, threshold: float
) -> tuple[np.ndarray, np.ndarray]:
    """Assign as :func:`assign` does, given the pairs that are possible.

    Args:
        row: (Q,) of the pairs, each pair once.
        column: (Q,).
        cost: (Q,), none above ``threshold``.
        threshold: As for :func:`assign`.
    """
    # Most pairs of a frame are without rivals.
    rivals = (np.bincount(row)[row] > 1) | (np.bincount(column)[column] > 1)
    if rivals.any():
        from scipy.optimize import linear_sum_assignment  # takes a tenth of the start

        rows, at_row = np.unique(row[rivals], return_inverse=True)
        columns, at_column = np.unique(column[rivals], return_inverse=True)
        apart = threshold + 1e-9 * max(1.0, abs(threshold))
        contested = np.full((len(rows), len(columns)), apart)
        contested[at_row, at_column] = cost[rivals]
        chosen_row, chosen_column = linear_sum_assignment(contested)
        kept = contested[chosen_row, chosen_column] < apart
        row = np.concatenate([row[~rivals], rows[chosen_row[kept]]])
        column = np.concatenate([column[~rivals], columns[chosen_column[kept]]])
    order = np.argsort(row)
    return row[order], column[order]
