from mmmaml.compat import has_openmmlab

from .colors import track_colors
from .drawing import (
    DrawingStyle,
    ErrorBoxes,
    TrailBuffer,
    Trails,
    count_title,
    draw_errors,
    draw_tracks,
    error_boxes,
)
from .figures import (
    adaptation_gain_figure,
    crowd_figure,
    plot_training_curves,
    save_figure,
    task_similarity_figure,
    timeline_figure,
    training_figure,
)
from .videos import render_video

__all__ = [
    'DrawingStyle',
    'ErrorBoxes',
    'TrailBuffer',
    'Trails',
    'adaptation_gain_figure',
    'count_title',
    'crowd_figure',
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

if has_openmmlab():
    from .track_visualizer import TrackVisualizer

    __all__ += ['TrackVisualizer']
