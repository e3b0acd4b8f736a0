from .adaptation_gain import adaptation_gain_figure
from .canvas import figure_to_svg, new_figure, save_figure
from .crowd import crowd_figure
from .curves import plot_training_curves, training_figure
from .task_similarity import task_similarity_figure
from .timeline import timeline_figure

__all__ = [
    'adaptation_gain_figure',
    'crowd_figure',
    'figure_to_svg',
    'new_figure',
    'plot_training_curves',
    'save_figure',
    'task_similarity_figure',
    'timeline_figure',
    'training_figure',
]
