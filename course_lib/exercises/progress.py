"""What a student has done so far, in one JSON file that survives damage, newer versions and two notebooks at once."""

import contextlib
import datetime
import json
import os
from itertools import count
from pathlib import Path
from typing import Any

from filelock import FileLock

from course_lib.exercises.catalogue import all_exercises
from course_lib.lessons.days import HOME, lessons

PATIENCE = 10.0  # seconds to wait for another notebook that writes; it needs a few milliseconds


def progress_file() -> Path:
    """COURSE_PROGRESS, or progress.json beside the course."""
    return Path(os.environ.get("COURSE_PROGRESS") or HOME / "progress.json")


def read_progress() -> dict[str, dict]:
    """{exercise or quiz: {"state": "done" or "revealed", "when": date}}; a damaged file is put aside, not lost.

    A newer version of the course may have written other states and other keys: they come out as they are.
    """
    try:
        kept = _load(progress_file())
    except OSError as error:
        print(
            f"The progress file {progress_file()} cannot be read ({error.strerror}); your answers still work, but are not recorded."
        )
        return {}
    return {name: line for name, line in kept.items() if isinstance(line, dict)}


def record(name: str, state: str) -> None:
    """Note that an exercise is "done" or "revealed".  "done" is never taken back, and what others wrote is kept."""
    file = progress_file()
    try:
        with FileLock(f"{file}.lock", timeout=PATIENCE):
            kept = _load(file)
            line = kept.get(name) if isinstance(kept.get(name), dict) else {}
            if line.get("state") == "done":
                return
            kept[name] = {**line, "state": state, "when": datetime.date.today().isoformat()}
            _save(kept, file)
    except (OSError, NotImplementedError) as error:  # the second: a file system without locks
        why = getattr(error, "strerror", None) or error
        print(f"Your progress could not be saved to {file} ({why}); the answer counts all the same.")


def progress_table() -> list[dict[str, str]]:
    """One line per exercise of the lessons that are there: {"day", "exercise", "state", "when"}, all of them text.

    state is "", "done" or "revealed"; one that this version does not know is shown as it is.
    """
    kept = read_progress()
    written = {lesson["day"] for lesson in lessons() if lesson["written"]}
    return [
        {"day": e.day, "exercise": e.name, **{key: _text(kept, e.name, key) for key in ("state", "when")}}
        for e in all_exercises()
        if e.day in written
    ]


def _text(kept: dict[str, dict], name: str, key: str) -> str:
    value = kept.get(name, {}).get(key)
    return "" if value is None else " ".join(str(value).split())[:30]


def _load(file: Path) -> dict[str, Any]:
    """What the file holds; {} where there is none yet.  A damaged one is renamed.  Raises OSError where it cannot be read."""
    try:
        kept = json.loads(file.read_text(encoding="utf-8"))
        if not isinstance(kept, dict):
            raise ValueError("not a table of exercises")
        return kept
    except FileNotFoundError:
        return {}
    except (ValueError, RecursionError) as error:
        aside = next(name for name in _names_aside(file) if not name.exists())
        file.replace(aside)
        print(
            f"The progress file could not be read ({error}); it was kept as {aside.name} and a new one begun."
        )
        return {}


def _names_aside(file: Path):
    """progress.json.damaged, progress.json.damaged-2, -3 …"""
    first = f"{file.name}.damaged"
    return (file.with_name(first if n == 1 else f"{first}-{n}") for n in count(1))


def _save(kept: dict[str, Any], file: Path) -> None:
    draft = file.with_name(f"{file.name}.draft")
    try:
        draft.write_text(json.dumps(kept, indent=2), encoding="utf-8")
        draft.replace(file)  # at once, so that a kill leaves the old file or the new one
    except OSError:
        with contextlib.suppress(OSError):
            draft.unlink()
        raise
