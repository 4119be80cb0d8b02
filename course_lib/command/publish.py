"""`course docs` and `course slides`: the web site and the decks, on this machine."""

import webbrowser
from pathlib import Path
from typing import Annotated

import typer

from course_lib.command.app import app, console
from course_lib.lessons.days import HOME
from course_lib.lessons.needs import OWN_COPY, writable

docs = typer.Typer(no_args_is_help=True, help="The course as a web site, on this machine.")
app.add_typer(docs, name="docs")


@docs.command()
def build() -> None:
    """Build the site and the slides into docs/_build/html."""
    from course_lib.lessons import site

    with console.status("Building the site; the first time this takes a minute."):
        folder = site.build_site()
    console.print(
        f"Done. Open {folder / 'index.html'}, or run: course docs serve", markup=False, soft_wrap=True
    )


@docs.command()
def serve(
    port: Annotated[int, typer.Option(help="port to listen at")] = 8000,
    browser: Annotated[bool, typer.Option(help="open a browser window")] = True,
) -> None:
    """Serve the built site on this machine only."""
    from course_lib.lessons import site

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
    from course_lib.lessons import site

    page = f"{site.find_deck(day)}.html" if day else "index.html"
    target = HOME / "runs" / f"{page[:5]}_slides.pdf"
    if pdf:
        if not day:
            raise ValueError("Which day is to be printed? For example: course slides 3 --pdf")
        site.find_browser()
        writable(target.parent, OWN_COPY)
    with console.status("Building the slides."):
        folder = site.build_slides()
    if pdf:
        with console.status("Printing."):
            site.print_deck(folder, page, target)
        console.print(f"Done. The slides are in {target}", markup=False, soft_wrap=True)
        return
    _serve(folder, page, port, browser)


def _serve(folder: Path, page: str, port: int, browser: bool) -> None:
    from course_lib.lessons import site

    server = site.serve(folder, port)
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
