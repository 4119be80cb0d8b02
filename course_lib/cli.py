"""The command `course`.  Everything heavy is imported inside the command that needs it."""

import os
import subprocess
import sys
import webbrowser
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.panel import Panel
from rich.table import Table

from course_lib.days import HOME, check_tier, find_notebook, notebooks

app = typer.Typer(
    no_args_is_help=True, add_completion=False, help="Noise to Picture: run, check and measure the course."
)
bench = typer.Typer(
    no_args_is_help=True, help="Measure the course; --write puts the figures into docs/benchmarks.md."
)
docs = typer.Typer(no_args_is_help=True, help="The course as a web site, on this machine.")
app.add_typer(bench, name="bench")
app.add_typer(docs, name="docs")
console = Console()
RECIPES = ("zoo-vae", "zoo-vae-decoder", "text-encoder", "pocket-diffusion", "pocket-clip", "pocket-resnet")


def stop(sentence: str) -> None:
    """Say what is wrong and end with exit code 1."""
    console.print(sentence, style="bold red", markup=False, highlight=False)
    raise typer.Exit(1)


@app.callback()
def plain_output() -> None:
    # Piped into a file, Windows encodes output as cp1252, which has no ✓: better a ? than a crash.
    sys.stdout.reconfigure(errors="replace")


@app.command()
def doctor() -> None:
    """Check this machine: one line per need, with the remedy where one is not met."""
    from course_lib.doctor import CHECKS

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
    from course_lib.run import LessonFailed, run_notebook

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


@app.command()
def train(
    recipe: Annotated[str, typer.Argument(help=", ".join(RECIPES))],
    steps: Annotated[int, typer.Option(min=0, help="optimizer steps; 0: the recipe's own number")] = 0,
    device: Annotated[str, typer.Option(help="cpu, cuda or mps; none: the best there is")] = "",
    resume: Annotated[bool, typer.Option("--resume", help="go on from the last checkpoint")] = False,
    ship: Annotated[
        bool, typer.Option("--ship", help="put the result in the place of the shipped weights")
    ] = False,
) -> None:
    """Train one of the course's models; log, sample sheets and checkpoint go to runs/train."""
    from importlib import import_module

    if recipe not in RECIPES:
        stop(f"{recipe!r} is not a recipe; choose one of: {', '.join(RECIPES)}.")
    module = import_module(f"course_lib.training.{recipe.replace('-', '_')}")
    try:
        run = module.train(**({"steps": steps} if steps else {}), resume=resume, device=device)
    except (ValueError, OSError) as error:
        stop(str(error))
    if not run.accelerator.is_main_process:
        return
    if ship:
        module.ship(run)
    console.print(f"Done. Log and checkpoint are in {run.folder}", markup=False)


@app.command()
def progress() -> None:
    """Which exercises are done."""
    from course_lib.exercises import progress_table

    table = Table("day", "exercise", "state", "when", title="Your progress", title_justify="left")
    for line in progress_table():
        state = {"done": "[green]✓ done", "revealed": "looked up", "": "[dim]to do"}[line["state"]]
        table.add_row(line["day"], line["exercise"], state, line["when"])
    console.print(table)


@docs.command()
def build() -> None:
    """Build the site and the slides into docs/_build/html."""
    from course_lib import site

    try:
        with console.status("Building the site; the first time this takes a minute."):
            folder = site.build_site()
    except (ValueError, OSError) as error:
        stop(str(error))
    console.print(
        f"Done. Open {folder / 'index.html'}, or run: course docs serve", markup=False, soft_wrap=True
    )


@docs.command()
def serve(
    port: Annotated[int, typer.Option(help="port to listen at")] = 8000,
    browser: Annotated[bool, typer.Option(help="open a browser window")] = True,
) -> None:
    """Serve the built site on this machine only."""
    from course_lib import site

    _serve(site.built(), "index.html", port, browser)


@app.command()
def slides(
    day: Annotated[str, typer.Argument(help="a day to open, such as 3; none: the list of decks")] = "",
    port: Annotated[int, typer.Option(help="port to listen at")] = 8001,
    browser: Annotated[bool, typer.Option(help="open a browser window")] = True,
    pdf: Annotated[
        bool, typer.Option("--pdf", help="print to runs/dayNN_slides.pdf, and open nothing")
    ] = False,
) -> None:
    """Show a day's slides; they are built anew where something changed."""
    from course_lib import site

    try:
        page = f"{site.find_deck(day)}.html" if day else "index.html"
        if pdf and not day:
            raise ValueError("Which day is to be printed? For example: course slides 3 --pdf")
        with console.status("Building the slides."):
            folder = site.build_slides()
        if pdf:
            target = HOME / "runs" / f"{page[:5]}_slides.pdf"
            with console.status("Printing."):
                site.print_deck(folder, page, target)
            console.print(f"Done. The slides are in {target}", markup=False, soft_wrap=True)
            return
    except (ValueError, OSError) as error:
        stop(str(error))
    _serve(folder, page, port, browser)


def _serve(folder: Path, page: str, port: int, browser: bool) -> None:
    from course_lib import site

    try:
        server = site.serve(folder, port)
    except ValueError as error:
        stop(str(error))
    address = f"http://127.0.0.1:{server.server_port}/{page}"
    console.print(f"{address}  (Ctrl+C ends it)", markup=False, soft_wrap=True)
    if browser:
        webbrowser.open(address)
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        pass
    finally:
        server.server_close()


@bench.command()
def zoo(write: Annotated[bool, typer.Option("--write", help="update docs/benchmarks.md")] = False) -> None:
    """Pictures per second of the Tiny Zoo."""
    from course_lib.bench import zoo

    _show("The Tiny Zoo", zoo.main, write)


@bench.command()
def toy(write: Annotated[bool, typer.Option("--write", help="update docs/benchmarks.md")] = False) -> None:
    """Seconds until the toy DDPM passes its gate, against two public packages (about a quarter of an hour)."""
    from course_lib.bench import toy

    _show("The toy DDPM against two packages", toy.main, write)


@bench.command()
def training(
    write: Annotated[bool, typer.Option("--write", help="update docs/benchmarks.md")] = False,
) -> None:
    """What each saving in the recipes is worth (about a quarter of an hour)."""
    from course_lib.bench import training

    _show("Savings in training", training.main, write)


@bench.command()
def pocket(write: Annotated[bool, typer.Option("--write", help="update docs/benchmarks.md")] = False) -> None:
    """How good the pocket models are, by the judge, and how fast (about half an hour)."""
    from course_lib.bench import pocket

    _show("The pocket models", pocket.main, write)


@bench.command("notebooks")
def each_notebook(
    write: Annotated[bool, typer.Option("--write", help="update docs/benchmarks.md")] = False,
) -> None:
    """Seconds and memory of every notebook (about a quarter of an hour)."""
    from course_lib.bench import notebooks as lessons

    _show("The notebooks", lessons.main, write)


@bench.command("slides")
def waiting_for_slides(
    write: Annotated[bool, typer.Option("--write", help="update docs/benchmarks.md")] = False,
) -> None:
    """Seconds until the slides and the site are there (about two minutes)."""
    from course_lib.bench import slides

    _show("The slides and the site", slides.main, write)


@bench.command()
def sheets() -> None:
    """Paint pages of pictures to look at: every animal and place in every medium, and 200 samples."""
    from course_lib.bench import sheets

    try:
        sheets.main()
    except (ValueError, OSError) as error:
        stop(str(error))


def _show(title: str, measure, write: bool) -> None:
    from course_lib.bench.report import section

    try:
        if write:
            section(
                measure.__module__.rsplit(".", 1)[-1]
            )  # a place for the result, before half an hour of measuring
        rows = measure(write=write)
    except (ImportError, ValueError, OSError) as error:
        stop(str(error))
    table = Table(*rows[0], title=title, title_justify="left")
    for row in rows:
        table.add_row(*(str(value) for value in row.values()))
    console.print(table)
