from .check_dataset import DatasetCheck, DatasetReport, SequenceSummary, check_dataset
from .problems import Problem

__all__ = ['DatasetCheck', 'DatasetReport', 'Problem', 'SequenceSummary', 'check_dataset']
