"""The command `course`: its groups of commands, one file each."""

from course_lib.command import measure, publish, store, study, test, train  # noqa: F401 (each adds its commands)
from course_lib.command.app import app

__all__ = ["app"]
