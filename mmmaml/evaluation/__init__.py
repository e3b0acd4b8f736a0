"""Scores of tracks: read from files, computed by TrackEval and motmetrics, shown as tables.

Importing the package is light. A public name loads its room when it is first used; torch is
loaded by the names that need it alone (few-shot Re-ID, and the metric of the test loop).
"""

from mmmaml.deferred_imports import public_names

_ROOMS = {
    'AbsenceProtocol': 'recognition.absences',
    'CountErrors': 'sequences',
    'CrowdCounts': 'sequences',
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

__getattr__, __dir__ = public_names(__name__, _ROOMS)
