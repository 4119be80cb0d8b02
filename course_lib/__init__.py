"""Noise to Picture: the small library behind the notebooks. Each module holds one concept; import it by name."""

from course_lib.threads import share_processors

__version__ = "0.1.0"
share_processors()  # before torch is loaded; threads.py says why
