from .task_data_sample import TaskDataSample

__all__ = ['TaskDataSample']
