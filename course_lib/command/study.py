"""What a student types: doctor, lab, run, progress."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.panel import Panel
from rich.table import Table

from course_lib.command.app import app, console, stop
from course_lib.lessons.days import HOME, check_tier, find_notebook


@app.command()
def doctor() -> None:
    """Check this machine: one line per need, with the remedy where one is not met."""
    from course_lib.command.doctor import CHECKS

    failed = 0
    for check in CHECKS:
        finding = check()
        failed += not finding.ok
        mark, colour = ("[OK]  ", "green") if finding.ok else ("[FAIL]", "bold red")
        console.print(mark, style=colour, markup=False, end=" ")
        console.print(f"{finding.need}: {finding.found}", markup=False, highlight=False)
        if not finding.ok:
            console.print(f"       → {finding.remedy}", markup=False, highlight=False)
    if failed:
        stop(f"{failed} of {len(CHECKS)} needs are not met.")
    console.print("All is well. Start with: python3 start.py lab", style="green")


def lab_command(folder: Path, notebook: str = "", port: int = 8888) -> list[str]:
    """The command that starts JupyterLab on `folder`, with a notebook open where one is named."""
    command = [
        sys.executable, "-m", "jupyterlab", f"--ServerApp.root_dir={folder}", "--ServerApp.ip=127.0.0.1",
        f"--port={port}", f"--LabApp.default_url=/lab{'/tree/' + notebook if notebook else ''}",
    ]  # fmt: skip
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        command.append("--allow-root")  # containers; Jupyter asks for it by name
    return command


@app.command()
def lab(
    day: Annotated[str, typer.Argument(help="a day to open, such as 3; none: the list of notebooks")] = "",
    browser: Annotated[bool, typer.Option(help="open a browser window")] = True,
    port: Annotated[int, typer.Option(help="first port to try")] = 8888,
) -> None:
    """Open JupyterLab on this machine only, behind a token."""
    try:
        notebook = find_notebook(day).name if day else ""
    except ValueError as error:
        stop(str(error))
    command = lab_command(HOME / "notebooks", notebook, port)
    if not browser:
        command.append("--no-browser")
    console.print("JupyterLab starts. Its address, with the token, is printed below. Ctrl+C twice ends it.")
    if os.name != "nt":
        # JupyterLab takes this process's place, so that ending one ends the other.
        os.execv(sys.executable, command)
    raise typer.Exit(subprocess.call(command))


@app.command()
def run(
    day: Annotated[str, typer.Argument(help="3, 03, day03 or day03_toy_ddpm")],
    tier: Annotated[str, typer.Option(help="pocket (ships with the course) or full (needs a GPU)")] = "",
    seed: Annotated[int | None, typer.Option(help="another seed than the notebook's")] = None,
    out: Annotated[Path, typer.Option(help="folder for the executed copy")] = HOME / "runs",
) -> None:
    """Run a day from top to bottom into a copy; your own notebook is not touched."""
    from course_lib.lessons.run import LessonFailed, run_notebook

    try:
        parameters = {"TIER": check_tier(tier or os.environ.get("COURSE_TIER") or "pocket")}
        if seed is not None:
            parameters["SEED"] = seed
        notebook = find_notebook(day)
        executed = run_notebook(notebook, out, parameters=parameters)
    except ValueError as error:
        stop(str(error))
    except LessonFailed as error:
        console.print(Panel(str(error), title="The lesson stopped", border_style="red"), markup=False)
        raise typer.Exit(1) from None
    if executed.name != notebook.name:
        console.print(f"{out / notebook.name} holds changes of yours and was kept.", markup=False)
    console.print(f"Done. The executed notebook is {executed}", markup=False)


@app.command()
def progress() -> None:
    """Which exercises are done."""
    from course_lib.exercises import progress_table

    table = Table("day", "exercise", "state", "when", title="Your progress", title_justify="left")
    for line in progress_table():
        state = {"done": "[green]✓ done", "revealed": "looked up", "": "[dim]to do"}[line["state"]]
        table.add_row(line["day"], line["exercise"], state, line["when"])
    console.print(table)
