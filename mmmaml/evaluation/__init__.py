from .metrics import MOTMetric
from .track_evaluation import TrackEvaluation, evaluate_tracks
from .trackeval_scorer import MOTScores, score_tracks

__all__ = ['MOTMetric', 'MOTScores', 'TrackEvaluation', 'evaluate_tracks', 'score_tracks']
