from .checkpoint_hook import CheckpointHook
from .ema_hook import EMAHook
from .ground_truth_check_hook import GroundTruthCheckHook
from .iteration_seed_hook import IterationSeedHook
from .maml_optimizer_hook import MAMLOptimizerHook
from .non_finite_hook import NonFiniteHook
from .prior_file_hook import PriorFileHook
from .task_check_hook import TaskCheckHook
from .task_memory_hook import TaskMemoryHook
from .weight_check_hook import WeightCheckHook

__all__ = [
    'CheckpointHook',
    'EMAHook',
    'GroundTruthCheckHook',
    'IterationSeedHook',
    'MAMLOptimizerHook',
    'NonFiniteHook',
    'PriorFileHook',
    'TaskCheckHook',
    'TaskMemoryHook',
    'WeightCheckHook',
]
