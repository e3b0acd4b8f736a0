from .hooks import (
    CheckpointHook,
    EMAHook,
    IterationSeedHook,
    MAMLOptimizerHook,
    NonFiniteHook,
    TaskCheckHook,
    TaskMemoryHook,
)
from .loops import EpochBasedTrainLoop
from .runner import MetaRunner, join_cpu_processes

__all__ = [
    'CheckpointHook',
    'EMAHook',
    'EpochBasedTrainLoop',
    'IterationSeedHook',
    'MAMLOptimizerHook',
    'MetaRunner',
    'NonFiniteHook',
    'TaskCheckHook',
    'TaskMemoryHook',
    'join_cpu_processes',
]
