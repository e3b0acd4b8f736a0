"""Checks of training, resuming and tracking for days, as a page of sections."""
