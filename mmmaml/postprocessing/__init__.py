"""Steps after the video: pieces of tracks are joined, gaps are filled."""

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
