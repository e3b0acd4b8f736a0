"""Matching of tracks and detections, stage by stage."""
