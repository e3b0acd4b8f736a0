from .accumulated_gradients import AccumulatedGradients
from .checkpoint_files import histories_from_plain, newest_checkpoint, to_plain

__all__ = ['AccumulatedGradients', 'histories_from_plain', 'newest_checkpoint', 'to_plain']
