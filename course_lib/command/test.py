"""`course test`: the proof."""

import os
import subprocess
import sys
from typing import Annotated

import typer

from course_lib.command.app import app, console
from course_lib.lessons.days import HOME, notebooks


@app.command(context_settings={"allow_extra_args": True, "ignore_unknown_options": True})
def test(
    context: typer.Context,
    fast: Annotated[bool, typer.Option("--fast", help="leave out the runs of whole notebooks")] = False,
) -> None:
    """Prove the course: unit tests, every notebook solved, run twice and against its stored outputs, and the site,
    the slides and JupyterLab in a real browser."""
    pytest = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *context.args]
    env = {
        **os.environ,
        "COURSE_PROGRESS": str(HOME / "runs" / "progress-test.json"),
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    (HOME / "runs").mkdir(exist_ok=True)
    chosen = ["tests", "--ignore", "tests/browser", *(["-m", "not notebook"] if fast else [])]
    failed = subprocess.call([*pytest, *chosen], cwd=HOME, env=env)
    if not fast and not context.args:
        console.rule("The site, the slides and JupyterLab in a real browser")
        in_browser = ["tests/browser", "--output", str(HOME / "runs" / "browser")]
        failed |= subprocess.call([*pytest, *in_browser], cwd=HOME, env=env)
        as_stored = [
            "--nbval", "--nbval-current-env", "--nbval-sanitize-with", "tests/notebooks/sanitize.cfg",
            "--nbval-cell-timeout", "600", "-p", "tests.notebooks.offline", "-p", "tests.notebooks.compare_figures",
        ]  # fmt: skip
        console.rule("Every notebook against its stored outputs")
        failed |= subprocess.call([*pytest, *as_stored, *map(str, notebooks())], cwd=HOME, env=env)
    raise typer.Exit(1 if failed else 0)
