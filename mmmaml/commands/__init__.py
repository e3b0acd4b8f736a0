"""Command lines: ``mmmaml track`` and so on, and the scripts of ``tools/`` of the same name."""
