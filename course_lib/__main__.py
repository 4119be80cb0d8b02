"""`python -m course_lib` is the command `course`."""

from course_lib.cli import app

app()
