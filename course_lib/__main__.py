"""`python -m course_lib` is the command `course`."""

from course_lib.command.cli import app

app()
