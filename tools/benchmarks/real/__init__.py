"""Benchmark on real videos."""
