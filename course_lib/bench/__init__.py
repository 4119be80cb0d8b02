"""Measurements of the course; the figures go to docs/benchmarks.md."""
