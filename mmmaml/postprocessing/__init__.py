"""What can be done to tracks once the video is over: joining pieces, filling gaps."""

from .interpolation import InterpolationOptions, interpolate_tracks
from .joining import JoinOptions, join_pieces
from .offline_tracks import OfflineTracks
from .track_pieces import Pieces, TrackPieces

__all__ = [
    'InterpolationOptions',
    'JoinOptions',
    'OfflineTracks',
    'Pieces',
    'TrackPieces',
    'interpolate_tracks',
    'join_pieces',
]
