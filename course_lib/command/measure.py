"""`course bench`: every figure of docs/benchmarks.md, measured again."""

from typing import Annotated

import typer
from rich.table import Table

from course_lib.command.app import app, console, stop
from course_lib.lessons.days import HOME
from course_lib.lessons.needs import OWN_COPY, writable

bench = typer.Typer(
    no_args_is_help=True, help="Measure the course; --write puts the figures into docs/benchmarks.md."
)
app.add_typer(bench, name="bench")


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

    _show("Savings in training", training.main, write, pictures=True)


@bench.command()
def pocket(write: Annotated[bool, typer.Option("--write", help="update docs/benchmarks.md")] = False) -> None:
    """How good the pocket models are, by the judge, and how fast (about half an hour)."""
    from course_lib.bench import pocket

    _show("The pocket models", pocket.main, write, pictures=True)


@bench.command("notebooks")
def each_notebook(
    write: Annotated[bool, typer.Option("--write", help="update docs/benchmarks.md")] = False,
) -> None:
    """Seconds and memory of every notebook (about a quarter of an hour)."""
    from course_lib.bench import notebooks as lessons

    _show("The notebooks", lessons.main, write, pictures=True)


@bench.command("together")
def side_by_side(
    write: Annotated[bool, typer.Option("--write", help="update docs/benchmarks.md")] = False,
) -> None:
    """Seconds of two and four copies of a notebook at once (about half an hour)."""
    from course_lib.bench import together

    _show("Notebooks side by side", together.main, write, pictures=True)


@bench.command()
def full(write: Annotated[bool, typer.Option("--write", help="update docs/benchmarks.md")] = False) -> None:
    """Seconds and memory of the full tier in its true sizes, with random weights (about ten minutes)."""
    from course_lib.bench import full

    _show("The full tier, true sizes, random weights", full.main, write, pictures=True)


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
    from course_lib.zoo.cache import REMEDY, cache_folder

    writable(HOME / "docs" / "images", OWN_COPY)
    writable(cache_folder(), REMEDY)
    sheets.main()


def _show(title: str, measure, write: bool, pictures: bool = False) -> None:
    """Measure and print; what would lose the result of half an hour is asked before.  pictures: whether it draws many."""
    from course_lib.bench.report import section
    from course_lib.zoo.cache import REMEDY, cache_folder

    if write:
        section(measure.__module__.rsplit(".", 1)[-1])
    if pictures:
        writable(cache_folder(), REMEDY)
    try:
        rows = measure(write=write)
    except ImportError as error:
        stop(str(error))
    table = Table(*rows[0], title=title, title_justify="left")
    for row in rows:
        table.add_row(*(str(value) for value in row.values()))
    console.print(table)
