"""The program `course` itself, and how it says what is wrong.  Everything heavy is imported inside the command that needs it."""

import errno
import os
import sys

import typer
from rich.console import Console


class OneSentence(typer.core.TyperGroup):
    """The commands; what one can't do, it says in one sentence, not in a page of traceback."""

    def invoke(self, context):
        """Run the command that was asked for."""
        try:
            return super().invoke(context)
        except BrokenPipeError:  # as in `course progress | head -1`: nobody reads on
            raise
        except (ValueError, OSError) as error:
            stop(sentence(error))


app = typer.Typer(
    cls=OneSentence,
    no_args_is_help=True,
    add_completion=False,
    help="Noise to Picture: run, check and measure the course.",
)
console = Console()


def sentence(error: Exception) -> str:
    """What an error says to a student: the course's own words, or the system's with the file they are about."""
    if not isinstance(error, OSError) or error.errno is None:
        return str(error) or type(error).__name__
    about = f" ({error.filename})" if error.filename else ""
    if error.errno in (errno.ENOSPC, getattr(errno, "EDQUOT", None)):
        return f"The disk is full{about}: make room, then try again."
    return f"{error.strerror}{about}: run `course doctor` to see what this machine lacks."


def stop(told: str) -> None:
    """Say what is wrong and end with exit code 1."""
    console.print(told, style="bold red", markup=False, highlight=False, soft_wrap=True)
    raise typer.Exit(1)


@app.callback()
def before_every_command() -> None:
    """Give every command, and what it starts, the surroundings that it takes for granted."""
    for name in ("stdout", "stderr"):
        if (
            getattr(sys, name) is None
        ):  # closed: the next file to be opened would get its number, and the output
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))
    # Piped into a file, Windows encodes output as cp1252, which has no ✓: better a ? than a crash.
    sys.stdout.reconfigure(errors="replace")
    # Kernels are to show figures in the notebook, whatever other programs of this user want.
    os.environ.pop("MPLBACKEND", None)
    try:
        os.getcwd()
    except OSError:
        stop("The folder you are in does not exist any more: go to another one with `cd`, then try again.")
