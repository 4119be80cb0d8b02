"""Store a lesson's outputs: run it, and keep what a reader without a kernel can use."""

import base64
import os
import tempfile
from pathlib import Path
from unittest.mock import patch

import nbformat
from nbformat import NotebookNode

from course_lib.lessons.days import HOME
from course_lib.lessons.run import run_notebook
from course_lib.lessons.small_png import small_png

WIDGET = "application/vnd.jupyter.widget-view+json"


def store_outputs(notebook: Path) -> None:
    """Run a lesson and store its outputs in it; sources, metadata and ids of its cells stay as they are.

    Raises LessonFailed where a cell fails, and then nothing is stored.
    """
    lesson = nbformat.read(notebook, as_version=4)
    before = stored_pictures(lesson)
    # A reader sees a beginner's progress, not the author's.
    with (
        tempfile.TemporaryDirectory() as folder,
        patch.dict(os.environ, COURSE_PROGRESS=f"{folder}/none.json"),
    ):
        executed = nbformat.read(run_notebook(notebook, Path(folder)), as_version=4)
    made = {cell.id: cell for cell in executed.cells}
    for cell in lesson.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = made[cell.id].outputs, made[cell.id].execution_count
            for output in cell.outputs:
                make_lasting(output, alt_text(cell))
    lesson.metadata.language_info = executed.metadata.language_info
    nbformat.write(lesson, notebook)
    refresh_copies(before, stored_pictures(lesson))


def stored_pictures(lesson: NotebookNode) -> dict[tuple[str, int], bytes]:
    """{(cell id, number of the output): PNG} of all that a lesson holds."""
    return {
        (cell.id, k): base64.b64decode(output.data["image/png"])
        for cell in lesson.cells
        for k, output in enumerate(cell.get("outputs", []))
        if "image/png" in output.get("data", {})
    }


def refresh_copies(before: dict, after: dict, folder: Path = HOME / "docs" / "images") -> None:
    """The README and the site show some of these pictures: what was a copy of one stays a copy of its successor."""
    for file in folder.glob("day*.png"):
        shown = file.read_bytes()
        for place, picture in before.items():
            if picture == shown and place in after:
                file.write_bytes(after[place])


def alt_text(cell: NotebookNode) -> str:
    """What a cell says about its picture, for those who can't see it; "" where it says nothing."""
    return cell.metadata.get("mystnb", {}).get("image", {}).get("alt", "")


def make_lasting(output: NotebookNode, alt: str) -> None:
    """Change an output in place: no control, which needs its kernel, and each picture small and with its alt text."""
    # What stays of a control is the sentence in its place.  Elsewhere it would be "Error displaying widget".
    output.get("data", {}).pop(WIDGET, None)
    if "image/png" in output.get("data", {}):
        small = small_png(base64.b64decode(output.data["image/png"]))
        output.data["image/png"] = base64.b64encode(small).decode("ascii")
        output.metadata["image/png"] = {**output.metadata.get("image/png", {}), "alt": alt}
