"""Write a measurement into its section of docs/benchmarks.md."""

import datetime
import os
import platform
import re

from course_lib.days import HOME

FILE = HOME / "docs" / "benchmarks.md"


def write_section(name: str, command: str, rows: list[dict]) -> None:
    """Replace what stands between `<!-- name -->` and `<!-- /name -->` by a table.  Raises ValueError where they are missing."""
    lines = [
        " | ".join(map(str, cells))
        for cells in (rows[0], ["---"] * len(rows[0]), *(r.values() for r in rows))
    ]
    table = "\n".join(f"| {line} |" for line in lines)
    machine = f"{platform.system()}, {os.cpu_count()} cores, Python {platform.python_version()}"
    head = f"`{command}`, {datetime.date.today().isoformat()}, {machine}"
    text = FILE.read_text(encoding="utf-8")
    section = re.compile(rf"(<!-- {name} -->).*?(<!-- /{name} -->)", re.DOTALL)
    if not section.search(text):
        raise ValueError(
            f"{FILE} has no section <!-- {name} --> ... <!-- /{name} -->; put it back and measure again."
        )
    FILE.write_text(section.sub(rf"\1\n{head}\n\n{table}\n\2", text), encoding="utf-8", newline="\n")
