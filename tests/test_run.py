"""Running a lesson: what goes wrong is one sentence, and a student's work is never overwritten."""

import errno
import json
import sys
from pathlib import Path
from shutil import copy

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from course_lib.command import study
from course_lib.lessons import run
from course_lib.lessons.kernel import OwnPython
from course_lib.lessons.run import LessonFailed, run_notebook
from tests.test_cli import course


@pytest.fixture
def lesson(tmp_path):
    """A small lesson in a folder of its own; give it the source of its cells."""

    def make(*sources):
        cells = [
            new_markdown_cell("## 1. The first question"),
            new_code_cell("SEED = 0", metadata={"tags": ["parameters"]}),
        ]
        cells += [new_code_cell(source) for source in sources]
        path = tmp_path / "day42_lesson.ipynb"
        kernel = {"kernelspec": {"name": "python3", "language": "python", "display_name": "Python 3"}}
        nbformat.write(new_notebook(cells=cells, metadata=kernel), path)
        return path

    return make


def test_run_hands_parameters_on(lesson, tmp_path):
    out = run_notebook(lesson("print(SEED)"), tmp_path / "out", parameters={"SEED": 7}, progress=False)
    assert "7\n" in out.read_text(encoding="utf-8")


def test_a_failing_cell_names_day_section_and_error(lesson, tmp_path):
    with pytest.raises(
        LessonFailed, match="day42, section “1. The first question”: ZeroDivisionError: division by zero"
    ):
        run_notebook(lesson("1 / 0"), tmp_path / "out", progress=False)


def test_what_a_student_changed_is_never_overwritten(lesson, tmp_path, monkeypatch):
    monkeypatch.setattr(
        run.papermill, "execute_notebook", lambda notebook, target, *_, **__: copy(notebook, target)
    )
    path = lesson("1 + 1")
    first = run_notebook(path, tmp_path / "out", progress=False)
    assert run_notebook(path, tmp_path / "out", progress=False) == first  # untouched: written anew
    mine = json.loads(first.read_text(encoding="utf-8"))
    mine["cells"][-1]["source"] = "my own work"
    first.write_text(json.dumps(mine), encoding="utf-8")
    second = run_notebook(path, tmp_path / "out", progress=False)
    assert second.name == "day42_lesson-2.ipynb" and "my own work" in first.read_text(encoding="utf-8")


def test_a_kernel_that_dies_names_day_and_section(lesson, tmp_path):
    """As when the system takes the memory back."""
    path = lesson(
        "import os, signal\nos.kill(os.getpid(), signal.SIGTERM if os.name == 'nt' else signal.SIGKILL)"
    )
    with pytest.raises(
        LessonFailed, match="day42, section “1. The first question”: The kernel died: .*memory"
    ):
        run_notebook(path, tmp_path / "out", progress=False)
    assert (tmp_path / "out" / path.name).exists()


@pytest.mark.parametrize(
    "text", ["", "{}", "[]", "not JSON", '{"nbformat": 99, "cells": []}', '{"nbformat": 4, "cells": 3}']
)
def test_what_is_not_a_notebook_is_refused(tmp_path, monkeypatch, text):
    file = tmp_path / "day42_lesson.ipynb"
    file.write_text(text, encoding="utf-8")
    monkeypatch.setattr(study, "find_notebook", lambda day: file)
    code, said = course("run", "42", "--out", str(tmp_path / "out"))
    assert (
        code == 1
        and said.startswith(f"{file} is not a notebook any more (")
        and "bring the lesson back" in said
    )


def test_a_full_disk_leaves_the_last_copy(lesson, tmp_path, monkeypatch):
    path, out = lesson("1 + 1"), tmp_path / "out"
    out.mkdir()
    (out / path.name).write_text("the last copy", encoding="utf-8")
    monkeypatch.setattr(run, "_is_ours", lambda file: True)

    def full(notebook, target, *_, **__):
        Path(target).write_text("", encoding="utf-8")
        raise OSError(errno.ENOSPC, "No space left on device", target)

    monkeypatch.setattr(run.papermill, "execute_notebook", full)
    monkeypatch.setattr(study, "find_notebook", lambda day: path)
    code, said = course("run", "42", "--out", str(out))
    assert code == 1 and said.startswith("The disk is full") and "make room" in said
    assert [file.name for file in out.iterdir()] == [path.name]
    assert (out / path.name).read_text(encoding="utf-8") == "the last copy"


@pytest.fixture
def foreign_kernels(tmp_path, monkeypatch):
    """Jupyter finds a kernel python3 that is another Python's, and one of another language."""
    for name in ("python3", "other"):
        folder = tmp_path / "jupyter" / "kernels" / name
        folder.mkdir(parents=True)
        spec = {"argv": ["no-such-python", "{connection_file}"], "display_name": name, "language": "python"}
        (folder / "kernel.json").write_text(json.dumps(spec), encoding="utf-8")
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path / "jupyter"))


def test_python3_is_always_the_course_s_own(foreign_kernels):
    kernels = OwnPython()
    assert kernels.get_kernel_spec("python3").argv[0] == sys.executable
    assert kernels.get_all_specs()["python3"]["spec"]["argv"][0] == sys.executable
    assert (
        kernels.get_kernel_spec("other").argv[0] == "no-such-python"
        and "other" in kernels.find_kernel_specs()
    )


def test_the_surroundings_spoil_no_run(foreign_kernels, lesson, tmp_path, monkeypatch):
    """Another Python's kernel, a backend for other programs, and braces in a folder's name."""
    path, out = lesson("import matplotlib.pyplot as plt\nplt.plot([1, 2]);"), tmp_path / "{out}"
    monkeypatch.setenv("MPLBACKEND", "Agg")
    monkeypatch.setattr(study, "find_notebook", lambda day: path)
    code, said = course("run", "42", "--out", str(out))
    assert code == 0, said
    outputs = nbformat.read(out / path.name, as_version=4).cells[-1].outputs
    assert ["image/png" in output.get("data", {}) for output in outputs] == [True]
