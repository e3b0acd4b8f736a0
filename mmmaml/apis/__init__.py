from .experiment import track, train
from .inferencer import MOTInferencer
from .tracks import Tracks

__all__ = ['MOTInferencer', 'Tracks', 'track', 'train']
