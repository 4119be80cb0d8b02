"""A newer version of the course takes this one's place, and nothing of a student's is lost.

It comes by git, or from a folder or a ZIP file.  What a student changed is kept beside the new file, as
day02_forward_diffusion.mine.ipynb; running a lesson changes only its outputs, and those are not kept.  Progress, pictures,
data and runs are never touched: git does not know them, and a folder's own are passed over.
"""

import json
import os
import shutil
import subprocess
import tempfile
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

from course_lib.lessons.days import HOME, lessons_in

STUDENTS_OWN = {
    ".git", ".venv", "runs", "data", "my_pictures", "progress.json", "_build", "__pycache__", ".ipynb_checkpoints",
}  # fmt: skip
BYTES = "surrogateescape"  # what is no text comes through text unchanged
BY_ZIP = "download the new version as a ZIP file, and run `course update` with the name of that file"


def update_by_git(home: Path = HOME) -> tuple[int, list[Path]]:
    """Take over what is new where the course was cloned from; returns (how many files, what was kept of the student's).

    Raises ValueError, with nothing changed, where that is not possible.
    """
    git = _git(home)
    git("fetch", "--quiet")
    if git("merge-base", "HEAD", "@{upstream}") != git("rev-parse", "HEAD"):
        raise ValueError(f"This course has commits that its source lacks: use `git pull`, or {BY_ZIP}.")
    coming = _names(git("diff", "--name-only", "--no-renames", "-z", "HEAD", "@{upstream}"))
    known = _names(git("ls-tree", "-r", "--name-only", "-z", "HEAD"))
    changed = _names(git("diff", "--name-only", "--no-renames", "-z", "HEAD"))
    touched = [name for name in coming if name in changed or name not in known]
    in_the_way = {name: (home / name).read_bytes() for name in touched if (home / name).is_file()}
    kept = []
    try:
        for name, mine in in_the_way.items():
            if name not in known or not same_work(mine, git("show", f"HEAD:{name}").encode(errors=BYTES)):
                kept.append(keep_beside(home / name))
            (home / name).unlink()
        if back := coming & changed:
            git("checkout", "--quiet", "HEAD", "--", *back)
        git("merge", "--quiet", "--ff-only", "@{upstream}")
    except BaseException:  # Ctrl+C too
        for name, mine in in_the_way.items():
            (home / name).write_bytes(mine)
        for file in kept:
            file.unlink()
        raise
    return len(coming), kept


def update_from(source: Path, home: Path = HOME) -> tuple[int, list[Path]]:
    """Take over what is new in a folder or ZIP file of the course; returns the same as `update_by_git`.

    Nobody knows here what the student changed and what the course did.  So every lesson whose cells differ is kept beside
    the new one, and every other file that is replaced in runs/before-update.
    Raises ValueError where it is no course, and OSError where it can't be read, with nothing changed.
    """
    if not source.exists():
        raise ValueError(f"There is no {source}; name the folder or ZIP file of the new version.")
    with tempfile.TemporaryDirectory() as unpacked:
        if source.is_file():
            try:
                with zipfile.ZipFile(source) as packed:
                    packed.extractall(unpacked)  # whole and sound, or an error
            except (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError):
                raise ValueError(
                    f"{source} is not a ZIP file, or not a whole one: download it again."
                ) from None
            source = Path(unpacked)
        new = _course_in(source)
        if new.resolve() == home.resolve():
            raise ValueError(
                f"{source} is this course itself; name the folder or ZIP file of the new version."
            )
        names = [file.relative_to(new) for file in sorted(new.rglob("*")) if file.is_file()]
        coming = [
            name for name in names
            if not STUDENTS_OWN & set(name.parts) and ".mine" not in name.name
            and not ((home / name).is_file() and (home / name).read_bytes() == (new / name).read_bytes())
        ]  # fmt: skip
        if 2 * sum((new / name).stat().st_size for name in coming) > shutil.disk_usage(home).free:
            raise ValueError(
                f"The disk of {home} has no room for the new version: make room, then try again."
            )
        kept, before = [], _free(home / "runs" / "before-update")
        lessons = {file.relative_to(home) for file in lessons_in(home / "notebooks")}
        for name in coming:
            if name in lessons and not same_work((home / name).read_bytes(), (new / name).read_bytes()):
                kept.append(keep_beside(home / name))
            elif name not in lessons and (home / name).exists():
                (before / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(home / name, before / name)
            _replace(new / name, home / name)
        for name in lessons - set(names):  # its day has a lesson of another name now
            kept.append(keep_beside(home / name))
            (home / name).unlink()
    return len(coming), kept + [before] * before.exists()


def same_work(mine: bytes, stored: bytes) -> bool:
    """Whether two files are equal but for what running a notebook leaves in it, and for the ends of lines."""
    if mine.replace(b"\r\n", b"\n") == stored.replace(b"\r\n", b"\n"):
        return True
    try:
        cells = [
            [(c["cell_type"], "".join(c["source"])) for c in json.loads(it)["cells"]] for it in (mine, stored)
        ]
    except (ValueError, KeyError, TypeError):  # not notebooks
        return False
    return cells[0] == cells[1]


def keep_beside(file: Path) -> Path:
    """Copy a file to the first free of NAME.mine.ipynb, NAME.mine-2.ipynb, ...; returns the copy's path."""
    return Path(shutil.copy2(file, _free(file.with_name(f"{file.stem}.mine{file.suffix}"))))


def _free(path: Path) -> Path:
    free, number = path, 2
    while free.exists():
        free = path.with_name(f"{path.stem}-{number}{path.suffix}")
        number += 1
    return free


def _replace(new: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    draft = target.with_name(f".{target.name}.part")
    shutil.copy(new, draft)
    draft.replace(target)


def _course_in(folder: Path) -> Path:
    """The folder of the course: this one, or the one inside, as in ZIP files."""
    for place in (folder, *sorted(folder.glob("*"))):
        if (place / "start.py").is_file() and (place / "course_lib" / "lessons").is_dir():
            return place
    raise ValueError(
        f"{folder} is not a version of this course: it has no start.py with a course_lib beside it."
    )


def _git(home: Path) -> Callable[..., str]:
    """git in that folder; every call returns what it said, or raises ValueError with its last line."""
    if not (home / ".git").exists():
        raise ValueError(f"This course was not cloned with git: {BY_ZIP}.")
    if not shutil.which("git"):
        raise ValueError(f"git is not installed: {BY_ZIP}.")
    env = {**os.environ, "GIT_TERMINAL_PROMPT": "0", "LC_ALL": "C"}

    def git(*words: str) -> str:
        done = subprocess.run(
            ["git", *words], cwd=home, env=env, stdin=subprocess.DEVNULL, capture_output=True,
            encoding="utf-8", errors=BYTES,
        )  # fmt: skip
        if done.returncode:
            told = (done.stderr.strip().splitlines() or ["it said nothing"])[0].removeprefix("fatal: ")
            raise ValueError(
                f"git could not bring the new version, and nothing was changed ({told}): {BY_ZIP}."
            )
        return done.stdout

    return git


def _names(listed: str) -> set[str]:
    return set(filter(None, listed.split("\0")))
