"""Crops a second of our pipeline and of mmtrack's."""
