"""Exercises that are never a wall: try, get a hint about your own answer, and go on either way."""

from course_lib.exercises.catalogue import solution, solution_names, solution_source
from course_lib.exercises.engine import attempt, reveal
from course_lib.exercises.gates import gate
from course_lib.exercises.progress import progress_table
from course_lib.exercises.quiz import quiz

__all__ = [
    "attempt",
    "gate",
    "progress_table",
    "quiz",
    "reveal",
    "solution",
    "solution_names",
    "solution_source",
]
