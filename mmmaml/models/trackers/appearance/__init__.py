"""Appearance of tracks: memory, comparison, and adaptation to the scene."""
