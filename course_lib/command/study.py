"""What a student types: doctor, lab, run, update, progress."""

import os
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape
from rich.panel import Panel
from rich.table import Table

from course_lib.command.app import app, console, stop
from course_lib.lessons.days import HOME, NOTEBOOKS, check_tier, find_notebook
from course_lib.lessons.needs import OWN_COPY, writable, writable_course, writable_home


@app.command()
def doctor() -> None:
    """Check this machine: one line per need, with the remedy where one is not met."""
    from course_lib.command.doctor import findings

    failed = 0
    for finding in findings():
        failed += not finding.ok
        mark, colour = ("[OK]  ", "green") if finding.ok else ("[FAIL]", "bold red")
        console.print(mark, style=colour, markup=False, end=" ")
        console.print(f"{finding.need}: {finding.found}", markup=False, highlight=False, soft_wrap=True)
        if not finding.ok:
            console.print(f"       → {finding.remedy}", markup=False, highlight=False, soft_wrap=True)
    if failed:
        stop(f"{failed} {'need is' if failed == 1 else 'needs are'} not met.")
    console.print("All is well. Start with: python3 start.py lab", style="green")


@app.command()
def lab(
    day: Annotated[str, typer.Argument(help="a day to open, such as 3; none: the list of notebooks")] = "",
    browser: Annotated[bool, typer.Option(help="open a browser window")] = True,
    port: Annotated[int, typer.Option(help="first port to try")] = 8888,
) -> None:
    """Open JupyterLab on this machine only, behind a token."""
    notebook = find_notebook(day).name if day else ""
    if not 0 <= port <= 65535:
        raise ValueError(f"{port} is not a port; choose one from 1024 to 65535 with --port.")
    writable(NOTEBOOKS, OWN_COPY)
    writable_home()
    from course_lib.lessons.lab import lab_arguments, serve_lab

    times = "" if os.name == "nt" else " twice"  # on Windows Jupyter does not ask back
    console.print(f"JupyterLab starts. Its address, with the token, is printed below. Ctrl+C{times} ends it.")
    serve_lab(lab_arguments(NOTEBOOKS, notebook, port, browser))


@app.command()
def run(
    day: Annotated[str, typer.Argument(help="3, 03, day03 or day03_toy_ddpm")],
    tier: Annotated[str, typer.Option(help="pocket (ships with the course) or full (needs a GPU)")] = "",
    seed: Annotated[int | None, typer.Option(help="another seed than the notebook's")] = None,
    out: Annotated[Path, typer.Option(help="folder for the executed copy")] = HOME / "runs",
) -> None:
    """Run a day from top to bottom into a copy; your own notebook is not touched."""
    parameters = {"TIER": check_tier(tier or os.environ.get("COURSE_TIER") or "pocket")}
    if seed is not None:
        parameters["SEED"] = seed
    notebook = find_notebook(day)
    writable(out, "choose another with --out")
    writable_home()
    from course_lib.lessons.run import LessonFailed, run_notebook

    try:
        executed = run_notebook(notebook, out, parameters=parameters)
    except LessonFailed as error:
        console.print(Panel(str(error), title="The lesson stopped", border_style="red"), markup=False)
        raise typer.Exit(1) from None
    if executed.name != notebook.name:
        console.print(
            f"{out / notebook.name} holds changes of yours and was kept.", markup=False, soft_wrap=True
        )
    console.print(f"Done. The executed notebook is {executed}", markup=False, soft_wrap=True)


@app.command()
def update(
    source: Annotated[
        Path | None, typer.Argument(help="folder or ZIP file of the new version; none: git brings it")
    ] = None,
) -> None:
    """Take over a newer version of the course; your own work is kept beside it."""
    from course_lib.lessons.update import update_by_git, update_from

    writable_course("", "notebooks")
    files, kept = update_from(source) if source else update_by_git()
    for path in kept:
        console.print(f"Your own work is kept in {path}", markup=False, soft_wrap=True)
    console.print(
        f"The course has {files} new files. Go on with: python3 start.py lab"
        if files
        else "There is nothing new."
    )


@app.command()
def progress() -> None:
    """Which exercises are done."""
    from course_lib.exercises import progress_table

    table = Table("day", "exercise", "state", "when", title="Your progress", title_justify="left")
    for line in progress_table():
        state = str(line["state"])  # a newer version of the course may know others
        state = {"done": "[green]✓ done", "revealed": "looked up", "": "[dim]to do"}.get(state, escape(state))
        table.add_row(line["day"], line["exercise"], state, escape(str(line["when"])))
    console.print(table)
