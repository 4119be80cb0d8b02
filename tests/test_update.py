"""`course update`: the new version comes, by git, folder or ZIP file, and nothing of a student's is lost."""

import json
import shutil
import subprocess

import pytest
from typer.testing import CliRunner

from course_lib.command.cli import app
from course_lib.lessons import days, update

LESSON, NEXT, LIBRARY = (
    "notebooks/day02_noise.ipynb",
    "notebooks/day03_toy.ipynb",
    "course_lib/lessons/days.py",
)
SAME = "notebooks/day05_same.ipynb"  # of which only the stored outputs are new
MINE = "notebooks/day02_noise.mine.ipynb"


def notebook(source, output=""):
    outputs = [{"output_type": "stream", "name": "stdout", "text": output}] if output else []
    cell = {"cell_type": "code", "source": [source], "outputs": outputs, "metadata": {}}
    return json.dumps({"cells": [cell], "metadata": {}, "nbformat": 4, "nbformat_minor": 5})


OLD = {
    "start.py": "", LIBRARY: "old", SAME: notebook("same", "old"), LESSON: notebook("old"), NEXT: notebook("never changes"),
    ".gitignore": "*.mine*.*\nruns/\nprogress.json\nmy_pictures/\n",
}  # fmt: skip
NEW = {
    **OLD,
    LIBRARY: "new",
    LESSON: notebook("new", "stored"),
    SAME: notebook("same", "new"),
    "notebooks/day04_fast.ipynb": notebook("4"),
}
OWN = {
    "progress.json": "{}",
    "notebooks/my_pictures/fox.png": "a fox",
    "runs/day02.ipynb": "a run",
    NEXT: notebook("my idea"),
}


def write(folder, files):
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    return folder


def git(folder, *words):
    name = ["-c", "user.name=A", "-c", "user.email=a@b.c", "-c", "init.defaultBranch=main"]
    return subprocess.run(
        ["git", *name, *words], cwd=folder, check=True, capture_output=True, text=True, encoding="utf-8"
    ).stdout


@pytest.fixture
def cloned(tmp_path):
    """(a student's clone of the old version, its origin, which has the new one)."""
    origin, home = write(tmp_path / "origin", OLD), tmp_path / "home"
    git(origin, "init")
    git(origin, "add", "-A")
    git(origin, "commit", "-m", "old")
    git(tmp_path, "clone", str(origin), str(home))
    write(origin, NEW)
    git(origin, "add", "-A")
    git(origin, "commit", "-m", "new")
    return home, origin


@pytest.fixture(params=["git", "folder", "zip"])
def course(request, tmp_path):
    """(a student's course of the old version, a call that brings it the new one)."""
    if request.param == "git":
        home, _ = request.getfixturevalue("cloned")
        return home, lambda: update.update_by_git(home)
    new = write(tmp_path / "new" / "noise-to-picture-main", {**NEW, "progress.json": "of another student"})
    if request.param == "zip":
        new = update.Path(shutil.make_archive(tmp_path / "new", "zip", tmp_path / "new"))
    return write(tmp_path / "home", OLD), lambda: update.update_from(new, home=tmp_path / "home")


def texts_in(folder):
    files = (file for file in folder.rglob("*") if file.is_file() and ".git" not in file.parts)
    return {file.relative_to(folder).as_posix(): file.read_text(encoding="utf-8") for file in files}


def test_own_work_stays_beside_the_new_lesson(course):
    home, bring = course
    write(home, {LESSON: notebook("my answer"), MINE: "of an earlier update", LIBRARY: "my library"} | OWN)
    write(home, {SAME: notebook("same", "of my run")})
    files, kept = bring()
    found = texts_in(home)
    assert {name: found[name] for name in NEW if name != NEXT} == {
        n: text for n, text in NEW.items() if n != NEXT
    }
    assert {name: found[name] for name in OWN if name != NEXT} == {
        n: text for n, text in OWN.items() if n != NEXT
    }
    assert found[MINE] == "of an earlier update" and found[MINE.replace(".mine", ".mine-2")] == notebook(
        "my answer"
    )
    assert {"my library", notebook("my idea")} <= set(found.values())
    assert notebook("same", "of my run") not in found.values()  # nobody's work
    assert len(kept) >= 2 and all(path.exists() for path in kept)
    assert [file.stem for file in days.lessons_in(home / "notebooks")] == [
        "day02_noise", "day03_toy", "day04_fast", "day05_same",
    ]  # fmt: skip


def test_a_course_as_it_came_is_simply_new(course):
    home, bring = course
    files, kept = bring()
    assert NEW.items() <= texts_in(home).items() and files == 4
    assert bring() == (0, [])


def test_git_keeps_only_what_the_student_changed(cloned):
    home, origin = cloned
    write(home, {LESSON: notebook("old", "of my run"), NEXT: notebook("my idea")})
    assert update.update_by_git(home) == (4, [])
    assert texts_in(home) == {**NEW, NEXT: notebook("my idea")}


def own_commit(home, origin):
    git(home, "commit", "--allow-empty", "-m", "mine")


def offline(home, origin):
    origin.rename(origin.with_name("elsewhere"))


def folder_in_the_way(home, origin):
    write(home, {"notebooks/day04_fast.ipynb/mine.txt": "mine"})


def no_git(home, origin):
    shutil.rmtree(home / ".git")


@pytest.mark.parametrize(
    "spoil, said",
    [
        (own_commit, "has commits that its source lacks"),
        (offline, "git could not bring the new version, and nothing was changed"),
        (folder_in_the_way, "git could not bring the new version, and nothing was changed"),
        (no_git, "was not cloned with git: download the new version as a ZIP file"),
    ],
)
def test_where_git_cannot_nothing_is_changed(cloned, spoil, said):
    home, origin = cloned
    write(home, {LESSON: notebook("my answer")} | OWN)
    spoil(home, origin)
    before = texts_in(home)
    with pytest.raises(ValueError, match=said):
        update.update_by_git(home)
    assert texts_in(home) == before


def half(new):
    file = shutil.make_archive(new, "zip", new)
    update.Path(file).write_bytes(update.Path(file).read_bytes()[:300])
    return file


@pytest.mark.parametrize(
    "source, said",
    [
        (lambda new: write(new, {"a.txt": "a"}), "is not a version of this course"),
        (lambda new: write(new, {"a.zip": "not a zip"}) / "a.zip", "is not a ZIP file, or not a whole one"),
        (lambda new: half(write(new, NEW)), "is not a ZIP file, or not a whole one"),
        (lambda new: new.with_name("home"), "is this course itself"),
        (lambda new: new / "missing.zip", "There is no .*missing.zip"),
    ],
)
def test_what_is_no_new_version_changes_nothing(tmp_path, source, said):
    home = write(tmp_path / "home", {**OLD, **OWN})
    with pytest.raises(ValueError, match=said):
        update.update_from(update.Path(source(tmp_path / "new")), home)
    assert texts_in(home) == {**OLD, **OWN}


def test_a_lesson_of_another_name_takes_the_old_one_s_place(tmp_path):
    home, new = write(tmp_path / "home", OLD), write(tmp_path / "new", NEW)
    (new / NEXT).rename(new / "notebooks" / "day03_unet.ipynb")
    update.update_from(new, home)
    assert "day03_toy" not in [file.stem for file in days.lessons_in(home / "notebooks")]
    assert texts_in(home)["notebooks/day03_toy.mine.ipynb"] == OLD[NEXT]


def test_the_command_says_what_was_kept(monkeypatch, tmp_path):
    monkeypatch.setattr(update, "update_by_git", lambda: (3, [tmp_path / "day02_x.mine.ipynb"]))
    said = CliRunner().invoke(app, ["update"]).output
    assert "Your own work is kept in" in said and "day02_x.mine.ipynb" in said and "3 new files" in said
    monkeypatch.setattr(update, "update_by_git", lambda: (0, []))
    assert CliRunner().invoke(app, ["update"]).output == "There is nothing new.\n"
