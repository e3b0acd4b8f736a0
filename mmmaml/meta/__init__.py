"""The mathematics of MAML-MOT in plain torch: inner loops (Eq. 2-5), task memory (Eq. 6-7)."""

from .adapter_numbers import LEAST_GAP, LEAST_VARIANCE, AdapterNumbers
from .adapter_parameters import AdapterParameters
from .closed_form_loop import closed_form_inner_loop
from .functional_loop import batch_statistics_only, functional_inner_loop, select_parameters
from .inner_loop import AdaptedEmbeddings, kernel_inner_loop, linear_inner_loop
from .losses import cosine_scale, cosine_scales, task_cross_entropy, unit_vectors, way_prototypes
from .scene_metric import (
    ScatterStatistics,
    SceneMetric,
    SceneScatter,
    scene_centre,
    whitening,
    within_scatter,
)
from .task_memory import TaskMemory
from .tracking_episode import (
    ABSENT,
    NOBODY,
    AssignmentScores,
    RunningSums,
    assignment_errors,
    assignment_loss,
    running_sums,
)

__all__ = [
    'ABSENT',
    'LEAST_GAP',
    'LEAST_VARIANCE',
    'NOBODY',
    'AdaptedEmbeddings',
    'AdapterNumbers',
    'AdapterParameters',
    'AssignmentScores',
    'RunningSums',
    'ScatterStatistics',
    'SceneMetric',
    'SceneScatter',
    'TaskMemory',
    'assignment_errors',
    'assignment_loss',
    'batch_statistics_only',
    'closed_form_inner_loop',
    'cosine_scale',
    'cosine_scales',
    'functional_inner_loop',
    'kernel_inner_loop',
    'linear_inner_loop',
    'running_sums',
    'scene_centre',
    'select_parameters',
    'task_cross_entropy',
    'unit_vectors',
    'way_prototypes',
    'whitening',
    'within_scatter',
]
