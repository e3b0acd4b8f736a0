from .maml_optimizer_hook import MAMLOptimizerHook
from .task_check_hook import TaskCheckHook
from .task_memory_hook import TaskMemoryHook

__all__ = ['MAMLOptimizerHook', 'TaskCheckHook', 'TaskMemoryHook']
