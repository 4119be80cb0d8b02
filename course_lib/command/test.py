"""`course test`: the proof."""

import os
import subprocess
import sys
from typing import Annotated

import typer

from course_lib.command.app import app, console
from course_lib.lessons.days import HOME, notebooks
from course_lib.lessons.needs import writable_course
from course_lib.threads import allotted_processors


@app.command(context_settings={"allow_extra_args": True, "ignore_unknown_options": True})
def test(
    context: typer.Context,
    fast: Annotated[
        bool, typer.Option("--fast", help="leave out whole notebooks and what takes long")
    ] = False,
) -> None:
    """Prove the course: unit tests, every notebook solved, run twice and against its stored outputs, and the site,
    the slides and JupyterLab in a real browser."""
    workers = side_by_side()
    pytest = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *context.args]
    env = {
        **os.environ,
        "COURSE_PROGRESS": str(HOME / "runs" / "progress-test.json"),
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    pytest += ["-n", str(workers), "--no-loadscope-reorder"]
    if workers > 1:
        env["OMP_NUM_THREADS"] = "1"
    writable_course("runs")
    (HOME / "runs").mkdir(exist_ok=True)
    chosen = [
        "tests",
        "--ignore",
        "tests/browser",
        "--dist",
        "loadgroup",
    ]  # tests/conftest.py makes the groups
    failed = subprocess.call(
        [*pytest, *chosen, *(["-m", "not notebook and not slow"] if fast else [])], cwd=HOME, env=env
    )
    if not fast and not context.args:
        console.rule("The site, the slides and JupyterLab in a real browser")
        in_browser = ["tests/browser", "--dist", "loadfile", "--output", str(HOME / "runs" / "browser")]
        failed |= subprocess.call([*pytest, *in_browser], cwd=HOME, env=env)
        as_stored = [
            "--nbval", "--nbval-current-env", "--nbval-sanitize-with", "tests/notebooks/sanitize.cfg",
            "--nbval-cell-timeout", "600", "-p", "tests.notebooks.offline", "-p", "tests.notebooks.compare_figures",
            "--dist", "loadfile",  # the cells of a notebook need each other
        ]  # fmt: skip
        console.rule("Every notebook against its stored outputs")
        failed |= subprocess.call([*pytest, *as_stored, *map(str, notebooks())], cwd=HOME, env=env)
    raise typer.Exit(1 if failed else 0)


def side_by_side() -> int:
    """How many tests run at once: one for each processor, with 3 GB of memory each.

    Two notebooks with one thread each are done before one after the other with two threads each (docs/benchmarks.md).
    """
    import psutil

    return max(1, min(allotted_processors(), int(psutil.virtual_memory().available / 3e9)))
