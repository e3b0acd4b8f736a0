"""Time of trackers, data, networks and training steps."""
