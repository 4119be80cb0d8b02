"""Notebooks side by side, as on a hub with a class: `course bench together`.

Two, then four copies of one day run at once, with the threads that `course_lib.threads` sets, and with torch's own, which
spin while they wait (GOMP_SPINCOUNT brings back what libgomp does when nothing is set).
"""

import os
import time
from concurrent.futures import ThreadPoolExecutor

from course_lib.bench.notebooks import measure
from course_lib.bench.report import write_section
from course_lib.lessons.days import find_notebook

DAY, COPIES = "05", (1, 2, 4)
LIMIT = 600  # seconds; a run of spinning threads may never end
SPINNING = {"GOMP_SPINCOUNT": "300000", "OMP_NUM_THREADS": str(os.cpu_count())}


def main(write: bool = False) -> list[dict]:
    """One row for each number of copies: seconds until the last is done.  Needs a quiet machine, half an hour at most."""
    alone: dict[str, float] = {}
    rows = []
    for copies in COPIES:
        row = {"copies at once": copies}
        for name, settings in (("as the course sets them", {}), ("torch's own threads", SPINNING)):
            took = side_by_side(copies, settings)
            alone.setdefault(name, took)
            ended = took < LIMIT
            row[name] = (
                f"{took:.0f} s ({took / alone[name]:.1f} x one alone)"
                if ended
                else f"not done after {LIMIT} s"
            )
        rows.append(row)
    if write:
        write_section("together", "python3 start.py bench together --write", rows)
    return rows


def side_by_side(copies: int, settings: dict[str, str]) -> float:
    """Seconds until the last of several runs of one day is done, at most LIMIT.  settings: environment variables."""
    start = time.perf_counter()
    with ThreadPoolExecutor(copies) as pool:
        runs = [pool.submit(measure, find_notebook(DAY), settings, LIMIT) for _ in range(copies)]
        for run in runs:
            run.result()
    return min(time.perf_counter() - start, LIMIT)
