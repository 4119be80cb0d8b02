"""What each notebook costs: `course bench notebooks`.

Each runs once from top to bottom in a process of its own, in an empty folder, so that nothing of an earlier run is found.
"""

import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psutil

from course_lib.bench.report import write_section
from course_lib.lessons.days import notebooks

LOOK_EVERY = 0.2  # seconds between two looks at the memory


def main(write: bool = False) -> list[dict]:
    """One row per notebook.  Raises ValueError where one fails."""
    rows, seconds = [], []
    for notebook in notebooks():
        took, busy, peak = measure(notebook)
        seconds.append(took)
        rows.append(
            {
                "notebook": notebook.stem,
                "seconds": f"{took:.0f}",
                "processor seconds": f"{busy:.0f}",
                "memory at most": f"{peak / 2**30:.2f} GB",
                "file": f"{notebook.stat().st_size / 1e6:.2f} MB",
            }
        )
    rows.append(
        {
            "notebook": "together",
            "seconds": f"{sum(seconds):.0f} (median {statistics.median(seconds):.0f})",
            "processor seconds": "", "memory at most": "", "file": "",
        }
    )  # fmt: skip
    if write:
        write_section("notebooks", "python3 start.py bench notebooks --write", rows)
    return rows


def measure(
    notebook: Path, settings: dict[str, str] | None = None, limit: float = float("inf")
) -> tuple[float, float, int]:
    """(seconds, processor seconds, highest memory in bytes) of the process that runs `notebook`, its kernel included.

    settings: environment variables.  limit: seconds, after which the run is ended.  Raises ValueError where a cell fails.
    """
    with tempfile.TemporaryDirectory() as folder:
        shutil.copy(notebook, folder)  # a kernel works, and leaves its data, where its notebook lies
        command = [
            sys.executable, "-m", "nbconvert", "--to", "notebook", "--execute", "--inplace", "--log-level=ERROR",
            "--ExecutePreprocessor.timeout=1200",
            "--ExecutePreprocessor.kernel_manager_class=course_lib.lessons.kernel.OwnKernel", notebook.name,
        ]  # fmt: skip
        env = {**os.environ, "COURSE_PROGRESS": str(Path(folder) / "progress.json"), **(settings or {})}
        return watch(command, folder, env, limit)


def watch(
    command: list[str], folder: str, env: dict[str, str], limit: float = float("inf")
) -> tuple[float, float, int]:
    """Run `command`; the result as for `measure`.  Raises ValueError, with its last line, where it fails."""
    start, peak, busy = time.perf_counter(), 0, {}
    with open(Path(folder) / "errors.txt", "w+", encoding="utf-8") as errors:
        process = subprocess.Popen(command, cwd=folder, env=env, stdout=subprocess.DEVNULL, stderr=errors)
        try:
            while process.poll() is None:
                memory = 0
                for part in _family(process.pid):
                    try:
                        memory += part.memory_info().rss
                        times = part.cpu_times()
                        busy[part.pid] = times.user + times.system
                    except psutil.Error:
                        pass  # it ended between two looks
                peak = max(peak, memory)
                if time.perf_counter() - start > limit:
                    return limit, sum(busy.values()), peak
                time.sleep(LOOK_EVERY)
        finally:  # also after Ctrl+C: what still runs would hold its files open
            for part in reversed(_family(process.pid)) if process.poll() is None else ():
                part.kill()
            process.wait()
        took = time.perf_counter() - start
        errors.seek(0)
        told = [line for line in errors.read().splitlines() if line.strip()]
    if process.returncode:
        raise ValueError(f"{Path(command[-1]).name} failed: {told[-1] if told else 'no message'}")
    return took, sum(busy.values()), peak


def _family(pid: int) -> list[psutil.Process]:
    try:
        parent = psutil.Process(pid)
        return [parent, *parent.children(recursive=True)]
    except psutil.Error:
        return []
