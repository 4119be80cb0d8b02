"""The heaviest cell of each lesson that uses the large models, cut out with the cells it needs.

The cells are found by how a line of theirs begins, so they stay the lessons' own; only some values are smaller.
"""

from dataclasses import dataclass
from pathlib import Path

import nbformat

from course_lib.lessons.days import find_notebook


@dataclass(frozen=True)
class Excerpt:
    """What is run of a day."""

    day: str
    cells: tuple[str, ...]  # how a line of each cell begins, in their order; the last one is the heaviest
    knobs: dict[
        str, object
    ]  # what is smaller than in the lesson: {a name: the value in place of the lesson's}
    shortened: str  # the same in words: the lesson's, and these


LOAD = "pipe, judge = load_text_to_image(TIER)"
USE = "plots.use_course_style()"
EXCERPTS = (
    Excerpt("07", (USE, LOAD, "by_scale = sweep("), {"N_SEEDS": 1, "STEPS": 1, "SCALES": [1.0, 7.5]},
            "2 of 5 guidance scales, 1 of 12 pictures each, 1 of 12 steps"),
    Excerpt("08", (USE, "pipe = load_text_to_image(TIER)", "def paint_all", "chance = ", "prompts, seeds = "),
            {"N_PICTURES": 2, "STEPS": 1}, "2 of 120 pictures, at once (12 in the lesson), 1 of 12 steps"),
    Excerpt("09", ("import numpy", USE, "SIDE = ", "painted_media =", "batches = "),
            {"N_PAINTED": 1, "PAINT_STEPS": 1, "painted_media": ["photo", "pencil drawing"]},
            "2 of 4 media, 1 of 12 animals each, 1 of 12 steps"),
    Excerpt("10", ("from pathlib", USE, "TRAIN, TEST =", "prompts = {", "generate_folder(pipe, TRAIN, prompts, min(3"),
            {"N_TRAIN": 1, "STEPS": 1}, "2 classes, 1 of 24 pictures each, 1 of 12 steps"),
    Excerpt("11", (USE, "generator = ", "resnet, transforms, names", "CLASSES = [", "prompts = {", "generate_folder(", "x_painted = ",
                   "draw_per_class = attempt", "def fine_tune", "N_REAL = ", "def probe_hits", "ways = {"),
            {"N_PAINTED": 2, "STEPS": 1, "N_TEST": 4, "N_DRAWN": 1, "N_SEEDS": 1},
            "2 classes, 2 of 64 pictures each, 1 of 12 steps; then ResNet-50 learns from them, 1 of 5 draws"),
)  # fmt: skip


def cut(excerpt: Excerpt, folder: Path) -> Path:
    """Write the excerpt as a notebook of its own, on the full tier.

    Raises ValueError where a cell, or a value to be made smaller, is not to be found.
    """
    notebook = nbformat.read(find_notebook(excerpt.day), as_version=4)
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    knobs = next(cell for cell in code if "parameters" in cell.metadata.get("tags", []))
    chosen = [knobs, *(_find(code, start, excerpt.day) for start in excerpt.cells)]
    notebook.cells = sorted(chosen, key=code.index)
    for name, value in {"TIER": "full", **excerpt.knobs}.items():
        cell = _find(notebook.cells, f"{name} = ", excerpt.day)
        lines = cell.source.splitlines()
        cell.source = "\n".join(
            f"{name} = {value!r}" if line.startswith(f"{name} = ") else line for line in lines
        )
    for cell in notebook.cells:
        cell.outputs = []
    file = folder / f"day{excerpt.day}_excerpt.ipynb"
    nbformat.write(notebook, file)
    return file


def _find(code: list, start: str, day: str):
    found = [cell for cell in code if any(line.startswith(start) for line in cell.source.splitlines())]
    if not found:
        raise ValueError(
            f"Day {day} has no line any more that begins {start!r}; put the new one into "
            "EXCERPTS, course_lib/bench/full_lessons.py."
        )
    return found[0]
