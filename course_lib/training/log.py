"""Log: the figures of a training as a CSV file, one line for every ten steps, that survives a kill in any place."""

import csv
import itertools
import re
from pathlib import Path

from course_lib.zoo.cache import write_whole, writing_to


def resume_log(path: Path, step: int, remedy: str) -> None:
    """Take out the lines of step `step` and later, which are done again.

    Where a line is damaged, or none stays, the old log is kept beside the new one as log-1.csv, or the next free number.
    Raises OSError, in one sentence that ends with the remedy, where it can't be written.
    """
    if not path.exists():
        return
    with writing_to(path, remedy):
        head, *lines = path.read_text(encoding="utf-8", errors="replace").rstrip("\n").split("\n")
        whole = [line for line in lines if re.fullmatch(rf"\d+(,[^,]+){{{head.count(',')}}}", line)]
        kept = [line for line in whole if int(line.split(",")[0]) < step]
        if len(whole) < len(lines) or not kept:
            path.rename(_free_name(path))
    if kept:
        text = "\n".join([head, *kept, ""]).encode()
        write_whole(path, lambda file: file.write(text), remedy)


def append_to_log(path: Path, figures: dict, remedy: str) -> None:
    """Add a line, and the names of the figures above the first one.  Raises OSError as `resume_log` does."""
    with writing_to(path, remedy):
        new = not path.exists()
        with path.open("a", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, figures, lineterminator="\n")
            if new:
                writer.writeheader()
            writer.writerow(figures)


def _free_name(path: Path) -> Path:
    names = (path.with_stem(f"{path.stem}-{number}") for number in itertools.count(1))
    return next(name for name in names if not name.exists())
