from .cpu_processes import join_cpu_processes, leave_processes
from .meta_runner import MetaRunner

__all__ = ['MetaRunner', 'join_cpu_processes', 'leave_processes']
