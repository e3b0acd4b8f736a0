"""Measurements behind the pages of evidence, reliability and speed.

Each is started from the root of a clone, as ``python -m tools.benchmarks.NAME``.
"""
