from .inner_loop_cfg import InnerLoopCfg
from .meta_learner import MetaLearner
from .meta_reid import MetaReID
from .meta_reid_head import MetaReIDHead

__all__ = ['InnerLoopCfg', 'MetaLearner', 'MetaReID', 'MetaReIDHead']
