"""Command-line tools of a clone; nothing here is installed."""
