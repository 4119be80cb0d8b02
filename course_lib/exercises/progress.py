"""What a student has done so far, in one JSON file that survives damage."""

import datetime
import json
import os
from pathlib import Path

from course_lib.exercises.catalogue import all_exercises
from course_lib.lessons.days import HOME, lessons


def progress_file() -> Path:
    """COURSE_PROGRESS, or progress.json beside the course."""
    return Path(os.environ.get("COURSE_PROGRESS") or HOME / "progress.json")


def read_progress() -> dict[str, dict]:
    """{exercise or quiz: {"state": "done" or "revealed", "when": date}}; a damaged file is put aside, not lost."""
    file = progress_file()
    try:
        kept = json.loads(file.read_text(encoding="utf-8"))
        if not isinstance(kept, dict) or not all(isinstance(line, dict) for line in kept.values()):
            raise ValueError("not a table of exercises")
        return kept
    except FileNotFoundError:
        return {}
    except (ValueError, OSError) as error:
        aside = file.with_suffix(".json.damaged")
        try:
            file.replace(aside)
            print(
                f"The progress file could not be read ({error}); it was kept as {aside.name} and a new one begun."
            )
        except OSError:
            print(
                f"The progress file {file} cannot be read ({error}); your answers still work, but are not recorded."
            )
        return {}


def record(name: str, state: str) -> None:
    """Note that an exercise is "done" or "revealed".  "done" is never taken back."""
    kept = read_progress()
    if kept.get(name, {}).get("state") == "done":
        return
    kept[name] = {"state": state, "when": datetime.date.today().isoformat()}
    file = progress_file()
    try:
        draft = file.with_suffix(f".json.{os.getpid()}")
        draft.write_text(json.dumps(kept, indent=2), encoding="utf-8")
        draft.replace(file)  # at once, so that a kill leaves the old file or the new one
    except OSError as error:
        print(
            f"Your progress could not be saved to {file} ({error.strerror}); the answer counts all the same."
        )


def progress_table() -> list[dict]:
    """One line per exercise of the lessons that are there: {"day", "exercise", "state", "when"}.

    state is "", "done" or "revealed".
    """
    kept, blank = read_progress(), {"state": "", "when": ""}
    written = {lesson["day"] for lesson in lessons() if lesson["written"]}
    return [
        {"day": e.day, "exercise": e.name, **{**blank, **kept.get(e.name, {})}}
        for e in all_exercises()
        if e.day in written
    ]
