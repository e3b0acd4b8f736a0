from .counting_head import CountingHead
from .one_shot_head import OneShotHead

__all__ = ['CountingHead', 'OneShotHead']
