from .online_meta_tracker import OnlineMetaTracker

__all__ = ['OnlineMetaTracker']
