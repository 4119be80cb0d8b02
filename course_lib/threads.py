"""Share a machine: as many threads as there are free processors, and threads that sleep while they wait.

torch cuts each sum into pieces, one for each processor, and a thread that is done first spins in a circle until the last one
comes.  Alone, that saves a little.  Beside another notebook, as on a hub with a whole class, the circles take the processors
away from the threads that are still working: four notebooks at once on two processors then need not four times as long, but a
hundred times (docs/benchmarks.md, "Notebooks side by side").

OpenMP, which starts these threads, reads its settings once, when torch is loaded.  So `course_lib` sets them when it is
imported, and every lesson imports it first; kernels that JupyterLab or papermill start from here inherit them.  What is set
already stays: OMP_NUM_THREADS=1 before a command is the user's own choice.
"""

import os
from collections.abc import MutableMapping
from pathlib import Path

import psutil

OURS = "COURSE_THREADS"  # remembers what was set here, so that a kernel that inherits it looks at the machine anew
MOMENT = 0.1  # seconds that the look at the machine takes


def share_processors(environment: MutableMapping[str, str] = os.environ) -> None:
    """Set OMP_WAIT_POLICY, and OMP_NUM_THREADS where fewer processors are free than the machine shows.

    environment: changed in place; what the user set stays.
    """
    environment.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    if environment.get("OMP_NUM_THREADS") not in (None, environment.get(OURS)):
        return
    free = free_processors()
    if free < (os.cpu_count() or 1):
        environment["OMP_NUM_THREADS"] = environment[OURS] = str(free)
    else:  # torch knows best: on a Mac, for example, it leaves the slow cores out
        environment.pop("OMP_NUM_THREADS", None)
        environment.pop(OURS, None)


def free_processors() -> int:
    """Processors that this process may use and that are not busy; at least 1."""
    allotted = allotted_processors()
    elsewhere = (os.cpu_count() or 1) - allotted  # others may have the processors that are not ours
    return max(1, round(allotted - max(0.0, busy_processors() - elsewhere)))


def busy_processors() -> float:
    """Processors of the whole machine that work for others: over the last minute and now, whichever is less.

    The minute alone would still count an installation that has just ended; the moment alone, a browser that opens a page.
    """
    last_minute = os.getloadavg()[0] if hasattr(os, "getloadavg") else float("inf")
    if last_minute < 0.5:  # rounded away: no need to wait for the second look
        return 0.0
    now = psutil.cpu_percent(interval=MOMENT) / 100 * (os.cpu_count() or 1)
    return min(last_minute, now)


def allotted_processors() -> int:
    """Processors that this process may use: its affinity, and a container's quota; at least 1."""
    number = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, round(min(number, quota())))


def quota(folder: Path = Path("/sys/fs/cgroup")) -> float:
    """How many processors a container's limit allows (cgroup 2 or 1); infinity where there is none."""
    for name, period in (("cpu.max", None), ("cpu/cpu.cfs_quota_us", "cpu/cpu.cfs_period_us")):
        try:
            words = (folder / name).read_text(encoding="ascii").split()
            words += (folder / period).read_text(encoding="ascii").split() if period else []
            if float(words[0]) > 0:
                return float(words[0]) / float(words[1])
        except (OSError, ValueError, IndexError, ZeroDivisionError):
            continue  # no such file, or "max": no limit
    return float("inf")
