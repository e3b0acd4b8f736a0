"""Objectives of a search; importing it takes no time."""

from collections.abc import Mapping

OBJECTIVES: dict[str, tuple[str, ...]] = {
    'mean': ('HOTA', 'IDF1'),
    'HOTA': ('HOTA',),
    'IDF1': ('IDF1',),
    'MOTA': ('MOTA',),
}
"""Objective to the metrics whose mean it is."""


def objective_of(objective: str, scores: Mapping[str, float]) -> float:
    """Return the objective of a sequence, a fraction."""
    metrics = OBJECTIVES[objective]
    return sum(scores[name] for name in metrics) / len(metrics)
