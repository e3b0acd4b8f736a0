from .frame_source import FrameSource, SourceFrame
from .image_source import ImageSource
from .live_source import LiveSource
from .open_source import Source, open_source
from .video_source import VideoSource

__all__ = [
    'FrameSource',
    'ImageSource',
    'LiveSource',
    'Source',
    'SourceFrame',
    'VideoSource',
    'open_source',
]
