from .hooks import (
    CheckpointHook,
    EMAHook,
    GroundTruthCheckHook,
    IterationSeedHook,
    MAMLOptimizerHook,
    NonFiniteHook,
    PriorFileHook,
    TaskCheckHook,
    TaskMemoryHook,
    WeightCheckHook,
)
from .loops import EpochBasedTrainLoop
from .optim import BFloat16OptimWrapper
from .runner import MetaRunner, join_cpu_processes, leave_processes

__all__ = [
    'BFloat16OptimWrapper',
    'CheckpointHook',
    'EMAHook',
    'EpochBasedTrainLoop',
    'GroundTruthCheckHook',
    'IterationSeedHook',
    'MAMLOptimizerHook',
    'MetaRunner',
    'NonFiniteHook',
    'PriorFileHook',
    'TaskCheckHook',
    'TaskMemoryHook',
    'WeightCheckHook',
    'join_cpu_processes',
    'leave_processes',
]
