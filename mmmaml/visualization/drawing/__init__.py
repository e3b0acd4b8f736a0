from .error_boxes import ErrorBoxes, error_boxes, worst_frames
from .errors import draw_errors
from .style import DrawingStyle
from .tracks import count_title, draw_tracks
from .trails import TrailBuffer, Trails, foot_points

__all__ = [
    'DrawingStyle',
    'ErrorBoxes',
    'TrailBuffer',
    'Trails',
    'count_title',
    'draw_errors',
    'draw_tracks',
    'error_boxes',
    'foot_points',
    'worst_frames',
]
