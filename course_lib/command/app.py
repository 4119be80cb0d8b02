"""The program `course` itself, and how it says what is wrong.  Everything heavy is imported inside the command that needs it."""

import sys

import typer
from rich.console import Console

app = typer.Typer(
    no_args_is_help=True, add_completion=False, help="Noise to Picture: run, check and measure the course."
)
console = Console()


def stop(sentence: str) -> None:
    """Say what is wrong and end with exit code 1."""
    console.print(sentence, style="bold red", markup=False, highlight=False)
    raise typer.Exit(1)


@app.callback()
def plain_output() -> None:
    """Before every command: a sign that the terminal's encoding lacks becomes a ?."""
    # Piped into a file, Windows encodes output as cp1252, which has no ✓: better a ? than a crash.
    sys.stdout.reconfigure(errors="replace")
