from .accumulated_gradients import AccumulatedGradients
from .checkpoint_files import histories_from_plain, is_whole, newest_checkpoint, to_plain
from .weight_fit import check_fine_tuned, check_resumed, check_tested

__all__ = [
    'AccumulatedGradients',
    'check_fine_tuned',
    'check_resumed',
    'check_tested',
    'histories_from_plain',
    'is_whole',
    'newest_checkpoint',
    'to_plain',
]
