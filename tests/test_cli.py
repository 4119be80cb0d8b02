"""The command `course`: what it says, and what it refuses."""

import errno
import os
import subprocess
import sys
from fnmatch import fnmatch
from pathlib import Path

import pytest
from typer.testing import CliRunner

from course_lib.command import study
from course_lib.command.app import before_every_command
from course_lib.command.cli import app
from course_lib.lessons.days import HOME, check_tier, find_notebook, lessons_in


def course(*arguments):
    """The exit code, and what was said, on one line."""
    result = CliRunner().invoke(app, list(arguments))
    return result.exit_code, " ".join(result.output.split())


@pytest.mark.parametrize("name", ["3", "03", "day03", "day03_toy_ddpm", "day03_toy_ddpm.ipynb"])
def test_a_day_has_many_names(name):
    assert find_notebook(name).stem == "day03_toy_ddpm"


@pytest.mark.parametrize("command", ["run", "lab"])
def test_unknown_day(command):
    code, said = course(command, "day99")
    assert code == 1 and "'day99' is not a day of the course; the days here are day00, day02, day03" in said


def test_unknown_tier():
    code, said = course("run", "2", "--tier", "huge")
    assert code == 1 and "'huge' is not a tier; choose pocket or full." in said
    with pytest.raises(ValueError):
        check_tier("")


def test_unwritable_out_folder(tmp_path):
    (tmp_path / "file").touch()
    code, said = course("run", "2", "--out", str(tmp_path / "file" / "runs"))
    assert code == 1 and "cannot be written" in said and "choose another with --out" in said


def test_progress_lists_every_exercise():
    code, said = course("progress")
    assert code == 0 and "add_noise" in said and "drop_labels" in said


def test_progress_shows_whatever_the_file_holds(tmp_path, monkeypatch):
    """A state that a newer version knows, and signs that mean something to the terminal."""
    lines = {
        "add_noise": {"state": "[/]half", "when": "[/red]today"},
        "guide": {"state": ["done"], "when": 3},
    }
    monkeypatch.setattr("course_lib.exercises.progress.read_progress", lambda: lines)
    code, said = course("progress")
    assert code == 0 and "[/]half" in said and "[/red]today" in said and "['done']" in said


@pytest.mark.parametrize("command", ["run", "lab", "slides"])
def test_a_day_that_is_being_written(command):
    code, said = course(command, "1")
    assert code == 1 and said.startswith("day01 is being written; the days here are day00, day02")


def test_a_copy_of_a_lesson_is_no_lesson(tmp_path):
    for name in ("day02_noise", "day02_noise-Copy1", "day02_noise.mine", "day02_noise.mine-2", "Untitled"):
        (tmp_path / f"{name}.ipynb").touch()
    assert [file.stem for file in lessons_in(tmp_path)] == ["day02_noise"]


def test_own_work_that_an_update_kept_is_unknown_to_git():
    names = ["notebooks/day02_x.mine.ipynb", "notebooks/day02_x.mine-2.ipynb", "course_lib/models.mine.py"]
    ignored = (HOME / ".gitignore").read_text(encoding="utf-8").splitlines()
    assert all(any(fnmatch(Path(name).name, line) for line in ignored) for name in names)


@pytest.mark.parametrize(
    "error, said",
    [
        (
            PermissionError(errno.EACCES, "Permission denied", "/x/y"),
            "Permission denied (/x/y): run `course doctor`",
        ),
        (
            OSError(errno.ENOSPC, "No space left on device", "/x"),
            "The disk is full (/x): make room, then try again.",
        ),
        (OSError(errno.ENOSPC, "No space left on device"), "The disk is full: make room, then try again."),
        (OSError("Cannot write to the folder /x: make room."), "Cannot write to the folder /x: make room."),
        (ValueError("3 is not a day."), "3 is not a day."),
    ],
)
def test_what_a_command_cannot_do_is_one_sentence(monkeypatch, error, said):
    monkeypatch.setattr(study, "find_notebook", lambda day: (_ for _ in ()).throw(error))
    code, told = course("lab", "3")
    assert code == 1 and told.startswith(said)


def test_a_reader_who_has_gone_is_no_error_of_the_course(monkeypatch):
    """As in `course progress | head -1`."""
    monkeypatch.setattr(
        study, "find_notebook", lambda day: (_ for _ in ()).throw(BrokenPipeError(errno.EPIPE, "x"))
    )
    assert course("lab", "3") == (1, "")


def test_a_working_folder_that_is_gone(monkeypatch):
    def gone():
        raise FileNotFoundError(errno.ENOENT, "No such file or directory")

    monkeypatch.setattr(os, "getcwd", gone)
    code, said = course("lab", "99")
    assert code == 1 and said.startswith("The folder you are in does not exist any more: go to another one")


def surroundings(**how):
    """What a command says whose standard output is `how`."""
    code = "from course_lib.command.app import before_every_command, console; import sys; before_every_command(); "
    code += "console.print('✓ done'); print('told', file=sys.stderr)"
    return subprocess.run([sys.executable, "-c", code], cwd=HOME, stderr=subprocess.PIPE, **how)


def test_output_piped_on_windows_does_not_crash():
    """A pipe there is cp1252, which has no ✓."""
    done = surroundings(env={**os.environ, "PYTHONIOENCODING": "cp1252"}, stdout=subprocess.PIPE)
    assert done.returncode == 0, done.stderr[-500:]
    assert done.stdout.startswith(b"? done")


def test_a_closed_output_is_no_error(monkeypatch):
    """As in `course doctor >&-`, and for programs without a console on Windows."""
    monkeypatch.setattr(sys, "stdout", None)
    before_every_command()
    print("nobody hears this")
    assert sys.stdout.name == os.devnull
    sys.stdout.close()
