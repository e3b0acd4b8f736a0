from .kept_tasks import KeptTask, keep_tasks, once_each
from .non_finite_tasks import non_finite_tasks

__all__ = ['KeptTask', 'keep_tasks', 'non_finite_tasks', 'once_each']
