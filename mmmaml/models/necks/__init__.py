from .dla_up import DLAUp
from .local_correlation import LocalCorrelation

__all__ = ['DLAUp', 'LocalCorrelation']
