from .online_meta_tracker import OnlineMetaTracker
from .peer_tracker import PeerTracker

__all__ = ['OnlineMetaTracker', 'PeerTracker']
