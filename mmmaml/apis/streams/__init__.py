from .frames import PendingFrame, TrackedFrame
from .lane import Lane
from .stream_group import StreamGroup
from .video_detections import DetectionSource, no_detector
from .video_tracking import VideoTracking

__all__ = [
    'DetectionSource',
    'Lane',
    'PendingFrame',
    'StreamGroup',
    'TrackedFrame',
    'VideoTracking',
    'no_detector',
]
