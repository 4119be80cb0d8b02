"""The catalogue: every exercise with its solution, which is the course's own function."""

import ast
import inspect
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

import torch

from course_lib.exercises.comparing import what


@dataclass(frozen=True)
class Mistake:
    """A known wrong answer: what it computes, and the hint that helps."""

    wrong: Callable
    hint: str


@dataclass(frozen=True)
class Exercise:
    """One function for the student to write.  Its solution is the course's own function, `reference`."""

    day: str
    reference: Callable
    make_inputs: Callable[[torch.Generator, int], tuple] | None = (
        None  # (generator, draw number) -> arguments
    )
    mistakes: tuple[Mistake, ...] = ()
    check: Callable[[Callable], None] | None = None  # own check, for functions that draw random numbers
    prepare: Callable[[], object] | None = None  # slow loading, done before the time limit begins
    learns: bool = False  # True where the answer is trained through, so gradients must pass

    @property
    def name(self) -> str:
        return self.reference.__name__


def all_exercises() -> list[Exercise]:
    """Every exercise of the course, in the order of the days."""
    days = sorted(file.stem for file in Path(__file__).parent.glob("day[0-9][0-9].py"))
    modules = (import_module(f"course_lib.exercises.{day}") for day in days)
    return [exercise for module in modules for exercise in module.EXERCISES]


def find(name: str) -> Exercise:
    """The exercise of that name.  Raises ValueError, listing the names, where there is none."""
    exercises = {e.name: e for e in all_exercises()}
    if not isinstance(name, str):
        raise ValueError(
            f'An exercise is named by a word in quotes, such as "add_noise" (first argument); this is {what(name)}.'
        )
    if name not in exercises:
        raise ValueError(f"There is no exercise {name!r}; there are: {', '.join(exercises)}.")
    return exercises[name]


def solution_source(name: str) -> str:
    """The course's own source of an exercise's solution, with the imports that it needs in a cell of its own."""
    reference = find(name).reference
    return _imports(reference) + _source(reference)


def _source(function: Callable) -> str:
    """A function's source as a student would write it: without the line that checks what the function is given."""
    source = inspect.getsource(function)
    lines = source.splitlines(keepends=True)
    for line in ast.parse(source).body[0].decorator_list:
        if isinstance(line, ast.Call) and ast.unparse(line.func) == "takes":
            lines[line.lineno - 1 : line.end_lineno] = [""] * (line.end_lineno - line.lineno + 1)
    return "".join(lines)


def _imports(function: Callable) -> str:
    """The import lines for the names that a function takes from its module; "" where there are none."""
    function = inspect.unwrap(function)
    tree = ast.parse(_source(function))
    used = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    lines = []
    for name, value in ((name, function.__globals__.get(name)) for name in sorted(used)):
        if inspect.ismodule(value):
            lines.append(f"import {value.__name__}" + (f" as {name}" if value.__name__ != name else ""))
        elif inspect.isclass(value) or inspect.isroutine(value):
            lines.append(f"from {value.__module__} import {name}")
    return "\n".join(lines) + "\n\n\n" if lines else ""


def solution(name: str) -> Callable:
    """The course's own function for an exercise."""
    return find(name).reference


def solution_names(day: str | None = None) -> list[str]:
    """The names of all exercises, or of one day's ("day02")."""
    return [e.name for e in all_exercises() if day in (None, e.day)]
