"""Every lesson follows the rules, holds for another seed with all exercises solved, and may be run cell by cell twice."""

import json

import nbformat
import pytest

from course_lib.exercises import solution_names
from course_lib.lessons.days import notebooks
from tests.notebooks.lessons import execute, exercises, faults, parametrise, printed, read, solve

LESSONS = pytest.mark.parametrize("path", notebooks(), ids=lambda path: path.stem)


def test_there_are_lessons():
    assert [n.stem[:5] for n in notebooks()][:3] == ["day00", "day02", "day03"]


@LESSONS
def test_rules(path):
    assert faults(path) == []


def test_every_lesson_begins_with_the_same_cell():
    """It looks for the course in the kernel; whoever changes it changes it in every lesson."""
    first = [next(c for c in read(path).cells if c.cell_type == "code") for path in notebooks()]
    assert len({(c.id, c.source, json.dumps(c.metadata)) for c in first}) == 1


@LESSONS
def test_the_exercises_of_the_day_are_asked_in_order(path):
    assert exercises(read(path)) == solution_names(path.stem[:5])


@LESSONS
def test_stored_lesson_is_unsolved(path):
    """Students get stubs: the stored outputs must come from a run in which nothing was solved."""
    for name in exercises(read(path)):
        assert f"{name}: not started yet." in printed(read(path))


@pytest.mark.notebook
@LESSONS
def test_solved_with_another_seed(path, tmp_path):
    """Every claim of the prose is held by a gate; a gate that fails stops the run."""
    notebook = read(path)
    solve(notebook)
    parametrise(notebook, {"SEED": 1})
    out = printed(execute(notebook, tmp_path))
    for name in exercises(read(path)):
        assert f"{name}: correct." in out


@pytest.mark.notebook
@LESSONS
def test_every_cell_twice(path, tmp_path, monkeypatch):
    """Students run cells again.  Budgets are cut, so gates only print."""
    monkeypatch.setenv("COURSE_QUICK", "1")
    notebook = read(path)
    parametrise(notebook, notebook.metadata["course"]["quick"])
    twice = [cell for cell in notebook.cells for _ in range(2 if cell.cell_type == "code" else 1)]
    notebook.cells = [nbformat.v4.new_code_cell(c.source) for c in twice if c.cell_type == "code"]
    execute(notebook, tmp_path)
