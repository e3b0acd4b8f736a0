from .hooks import MAMLOptimizerHook, TaskCheckHook, TaskMemoryHook
from .runner import MetaRunner

__all__ = ['MAMLOptimizerHook', 'MetaRunner', 'TaskCheckHook', 'TaskMemoryHook']
