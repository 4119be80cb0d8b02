"""Exercises, gates and quizzes: what a notebook needs to ask a question and to judge the answer.

    add_noise = attempt("add_noise", add_noise)     check an answer; hands back a version that works
    reveal("add_noise")                             show the course's own solution
    gate("Samples are recognised", ok, "99%")       what the prose claims, a cell checks
    quiz("day03")                                   a few questions, with a reason for each wrong choice
    progress_table()                                what is solved so far
"""

from course_lib.exercises.engine import attempt, progress_table
from course_lib.exercises.gates import GateError, gate
from course_lib.exercises.quiz_view import quiz
from course_lib.exercises.solutions import reveal, solution_cell, solution_names, solution_source

__all__ = [
    "GateError",
    "attempt",
    "gate",
    "progress_table",
    "quiz",
    "reveal",
    "solution_cell",
    "solution_names",
    "solution_source",
]
