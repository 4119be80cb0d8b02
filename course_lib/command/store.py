"""`course store`: a lesson's outputs, made anew."""

from typing import Annotated

import typer

from course_lib.command.app import app, console, stop
from course_lib.lessons.days import find_notebook


@app.command()
def store(
    days: Annotated[list[str], typer.Argument(help="days such as 3 or day03")],
) -> None:
    """For authors: run days and store their outputs in the notebooks themselves."""
    from course_lib.lessons.run import LessonFailed
    from course_lib.lessons.store import store_outputs

    try:
        for notebook in [find_notebook(day) for day in days]:
            store_outputs(notebook)
            console.print(f"Stored: {notebook}", markup=False, soft_wrap=True)
    except (ValueError, LessonFailed) as error:
        stop(str(error))
