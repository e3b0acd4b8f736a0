from .adapter_learner import AdapterLearner
from .inner_loop_cfg import InnerLoopCfg
from .meta_learner import MetaLearner, find_meta_learner, meta_learner_of, stack_centers
from .meta_reid import MetaReID
from .meta_reid_head import MetaReIDHead
from .scatter_prior import load_prior, save_prior
from .task_classifier import TaskClassifier

__all__ = [
    'AdapterLearner',
    'InnerLoopCfg',
    'MetaLearner',
    'MetaReID',
    'MetaReIDHead',
    'TaskClassifier',
    'find_meta_learner',
    'load_prior',
    'meta_learner_of',
    'save_prior',
    'stack_centers',
]
