"""Write a measurement into its section of docs/benchmarks.md."""

import datetime
import os
import platform
import re

from course_lib.lessons.days import HOME
from course_lib.lessons.needs import OWN_COPY

FILE = HOME / "docs" / "benchmarks.md"


def row(what: str, value, goal: str = "") -> dict:
    """One line of a table: what was measured, the figure, and what was hoped for ("" for nothing)."""
    return {"what": what, "measured": value, "goal": goal}


def section(name: str) -> re.Pattern:
    """What stands between `<!-- name -->` and `<!-- /name -->`.

    Raises ValueError where docs/benchmarks.md has no such place, or can't be written.
    """
    if not os.access(FILE, os.W_OK):
        raise ValueError(f"{FILE} cannot be written: measure without --write, or {OWN_COPY}.")
    found = re.compile(rf"(<!-- {name} -->).*?(<!-- /{name} -->)", re.DOTALL)
    if not found.search(FILE.read_text(encoding="utf-8")):
        raise ValueError(
            f"{FILE} has no section <!-- {name} --> ... <!-- /{name} -->; put it back, then measure."
        )
    return found


def write_section(name: str, command: str, rows: list[dict]) -> None:
    """Replace a section of docs/benchmarks.md by a table.  Raises ValueError where there is no such section."""
    lines = [
        " | ".join(map(str, cells))
        for cells in (rows[0], ["---"] * len(rows[0]), *(r.values() for r in rows))
    ]
    table = "\n".join(f"| {line} |" for line in lines)
    machine = f"{platform.system()}, {os.cpu_count()} cores, Python {platform.python_version()}"
    head = f"`{command}`, {datetime.date.today().isoformat()}, {machine}"
    text = FILE.read_text(encoding="utf-8")
    text = section(name).sub(rf"\1\n{head}\n\n{table}\n\2", text)
    FILE.write_text(text, encoding="utf-8", newline="\n")
