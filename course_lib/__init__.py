"""Noise to Picture: the small library behind the notebooks. Each module holds one concept; import it by name."""

__version__ = "0.1.0"
