"""`course update`: the new version comes, by git, folder or ZIP file, and nothing of a student's is lost."""

import json
import shutil
import subprocess

import pytest

from course_lib.lessons import days, update

LESSON, NEXT, LIBRARY = (
    "notebooks/day02_noise.ipynb",
    "notebooks/day03_toy.ipynb",
    "course_lib/lessons/days.py",
)
MINE = "notebooks/day02_noise.mine.ipynb"


def notebook(source, output=""):
    outputs = [{"output_type": "stream", "name": "stdout", "text": output}] if output else []
    cell = {"cell_type": "code", "source": [source], "outputs": outputs, "metadata": {}}
    return json.dumps({"cells": [cell], "metadata": {}, "nbformat": 4, "nbformat_minor": 5})


OLD = {
    "start.py": "", LIBRARY: "old", LESSON: notebook("old"), NEXT: notebook("never changes"),
    ".gitignore": "*.mine*.*\nruns/\nprogress.json\nmy_pictures/\n",
}  # fmt: skip
NEW = {
    **OLD,
    LIBRARY: "new",
    LESSON: notebook("new", "as stored"),
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


def read(folder, names):
    return {name: (folder / name).read_text(encoding="utf-8") for name in names}


def git(folder, *words):
    name = ["-c", "user.name=A", "-c", "user.email=a@b.c", "-c", "init.defaultBranch=main"]
    return subprocess.run(
        ["git", *name, *words], cwd=folder, check=True, capture_output=True, text=True
    ).stdout


@pytest.fixture(params=["git", "folder", "zip"])
def course(request, tmp_path):
    """(a student's course of the old version, a call that brings it the new one)."""
    origin, home = write(tmp_path / "origin", OLD), tmp_path / "home"
    git(origin, "init")
    git(origin, "add", "-A")
    git(origin, "commit", "-m", "old")
    if request.param == "git":
        git(tmp_path, "clone", str(origin), str(home))
        write(origin, NEW)
        git(origin, "add", "-A")
        git(origin, "commit", "-m", "new")
        return home, lambda: update.update_by_git(home)
    new = write(tmp_path / "new" / "noise-to-picture-main", {**NEW, "progress.json": "of another student"})
    if request.param == "zip":
        new = shutil.make_archive(tmp_path / "new", "zip", tmp_path / "new")
    return write(home, OLD), lambda: update.update_from(update.Path(new), home)


def test_own_work_stays_beside_the_new_lesson(course):
    home, bring = course
    write(home, {LESSON: notebook("my answer"), MINE: "of an earlier update"} | OWN)
    bring()
    own = {name: text for name, text in OWN.items() if name != NEXT}
    assert read(home, NEW.keys() - {NEXT}) == {name: text for name, text in NEW.items() if name != NEXT}
    assert read(home, own) == own and read(home, [MINE])[MINE] == "of an earlier update"
    assert read(home, [MINE.replace("mine", "mine-2")]).popitem()[1] == notebook("my answer")
    assert (
        notebook("my idea")
        in read(home / "notebooks", [f.name for f in (home / "notebooks").glob("day03*")]).values()
    )
    assert [file.name for file in days.lessons_in(home / "notebooks")] == [
        "day02_noise.ipynb", "day03_toy.ipynb", "day04_fast.ipynb",
    ]  # fmt: skip
    files, kept = bring()
    assert (files, kept) == (0, []) or "day03" in str(
        kept
    )  # a folder can't know that this lesson has not changed
