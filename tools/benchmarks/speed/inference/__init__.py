"""Frames a second of a one-shot network."""
