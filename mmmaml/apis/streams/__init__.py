from .frames import PendingFrame, TrackedFrame
from .lane import Lane
from .stream_group import StreamGroup

__all__ = ['Lane', 'PendingFrame', 'StreamGroup', 'TrackedFrame']
