from .one_shot_detector import OneShotDetector
from .public_detector import PublicDetector

__all__ = ['OneShotDetector', 'PublicDetector']
