from .counting_head import CountingHead
from .graph_head import GraphHead
from .one_shot_head import OneShotHead

__all__ = ['CountingHead', 'GraphHead', 'OneShotHead']
