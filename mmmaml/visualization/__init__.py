from .adaptation_gain import adaptation_gain_figure
from .colors import track_colors
from .curves import plot_training_curves, training_figure
from .drawing import draw_tracks
from .error_drawing import draw_errors
from .errors import ErrorBoxes, error_boxes
from .figures import save_figure
from .style import DrawingStyle
from .task_similarity import task_similarity_figure
from .timeline import timeline_figure
from .track_visualizer import TrackVisualizer
from .trails import TrailBuffer, Trails
from .videos import render_video

__all__ = [
    'DrawingStyle',
    'ErrorBoxes',
    'TrackVisualizer',
    'TrailBuffer',
    'Trails',
    'adaptation_gain_figure',
    'draw_errors',
    'draw_tracks',
    'error_boxes',
    'plot_training_curves',
    'render_video',
    'save_figure',
    'task_similarity_figure',
    'timeline_figure',
    'track_colors',
    'training_figure',
]
