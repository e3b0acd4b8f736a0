from .task_data_preprocessor import TaskDataPreprocessor

__all__ = ['TaskDataPreprocessor']
