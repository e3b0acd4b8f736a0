"""Scores of tracks: read from files, computed by TrackEval and motmetrics, shown as tables.

Importing the package is light. A public name loads its room when it is first used; torch is
loaded by the names that need it alone (few-shot Re-ID, and the metric of the test loop).
"""

import importlib
from typing import Any

_ROOMS = {
    'AbsenceProtocol': 'recognition.absences',
    'Evaluation': 'sequences',
    'Kept': 'recognition.reentry',
    'MOTMetric': 'metrics',
    'ReentryProtocol': 'recognition.reentry',
    'RetrievalScores': 'recognition.few_shot',
    'ScoredSequence': 'sequences',
    'TrackedSequence': 'sequences',
    'evaluate_folders': 'files.folder_evaluation',
    'evaluate_tracks': 'scoring.track_evaluation',
    'few_shot_reid': 'recognition.few_shot',
    'reentry_rate': 'recognition.reentry',
    'score_retrieval': 'recognition.few_shot',
    'sum_reentry': 'recognition.reentry',
}


def __getattr__(name: str) -> Any:
    """Load a public name."""
    if name not in _ROOMS:
        raise AttributeError(f'module {__name__!r} has no attribute {name!r}')
    value = getattr(importlib.import_module(f'{__name__}.{_ROOMS[name]}'), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    """List the public names too."""
    return sorted({*globals(), *_ROOMS})
