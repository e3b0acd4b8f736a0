"""Detections of a frame, checked, and the geometry of their boxes."""
