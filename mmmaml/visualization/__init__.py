from .colors import track_colors
from .curves import plot_training_curves
from .drawing import DrawingStyle, draw_tracks
from .track_visualizer import TrackVisualizer
from .trails import TrailBuffer, Trails
from .videos import render_video

__all__ = [
    'DrawingStyle',
    'TrackVisualizer',
    'TrailBuffer',
    'Trails',
    'draw_tracks',
    'plot_training_curves',
    'render_video',
    'track_colors',
]
