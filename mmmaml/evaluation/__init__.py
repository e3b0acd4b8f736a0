from .association import AbsenceProtocol
from .few_shot import RetrievalScores, few_shot_reid, score_retrieval
from .folder_evaluation import FolderEvaluation, evaluate_folders
from .metrics import MOTMetric
from .reentry import Kept, ReentryProtocol, reentry_rate, sum_reentry
from .track_evaluation import TrackEvaluation, evaluate_tracks
from .trackeval_scorer import MOTScores, score_tracks

__all__ = [
    'AbsenceProtocol',
    'FolderEvaluation',
    'Kept',
    'MOTMetric',
    'MOTScores',
    'ReentryProtocol',
    'RetrievalScores',
    'TrackEvaluation',
    'evaluate_folders',
    'evaluate_tracks',
    'few_shot_reid',
    'reentry_rate',
    'score_retrieval',
    'score_tracks',
    'sum_reentry',
]
