"""The heaviest cell of each lesson that uses the large models, cut out with the cells it needs.

The cells are found by how a line of theirs begins, so they stay the lessons' own; only the knobs are smaller.
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
    knobs: dict[str, int]  # what is smaller than in the lesson
    shortened: str  # the same in words: the lesson's, and these


LOAD = "pipe, judge = load_text_to_image(TIER)"
USE = "plots.use_course_style()"
EXCERPTS = (
    Excerpt("07", (USE, LOAD, "by_scale = sweep("), {"N_SEEDS": 1, "STEPS": 1},
            "5 guidance scales, 1 of 12 pictures each, 1 of 12 steps"),
    Excerpt("08", (USE, "pipe = load_text_to_image(TIER)", "def paint_all", "owls = paint_all("), {"N_SEEDS": 1, "STEPS": 1},
            "4 prompts, 1 of 8 pictures each, 1 of 12 steps"),
    Excerpt("09", ("import numpy", USE, "SIDE = 64", "painted_media =", "batches = "), {"N_PAINTED": 1, "PAINT_STEPS": 1},
            "4 media, 1 of 12 animals each, 1 of 12 steps"),
    Excerpt("10", ("from pathlib", USE, "TRAIN, TEST =", "prompts = {", "generate_folder(pipe, TRAIN, prompts, min(3"),
            {"N_TRAIN": 1, "STEPS": 1}, "2 classes, 1 of 24 pictures each, 1 of 12 steps"),
    Excerpt("11", (USE, "generator = ", "resnet, transforms, names", "CLASSES = [", "prompts = {", "generate_folder(", "x_painted = ",
                   "draw_per_class = attempt", "def fine_tune", "N_REAL = ", "def probe_hits", "ways = {"),
            {"N_PAINTED": 2, "STEPS": 1, "N_TEST": 4, "N_DRAWN": 1, "N_SEEDS": 1},
            "2 classes, 2 of 64 pictures each, 1 of 12 steps; then ResNet-50 learns from them, 1 of 5 draws"),
)  # fmt: skip


def cut(excerpt: Excerpt, folder: Path) -> Path:
    """Write the excerpt as a notebook of its own, on the full tier.  Raises ValueError where a cell is not to be found."""
    notebook = nbformat.read(find_notebook(excerpt.day), as_version=4)
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    knobs = next(cell for cell in code if "parameters" in cell.metadata.get("tags", []))
    chosen = [_find(code, start, excerpt.day) for start in excerpt.cells]
    values = {"TIER": "full", **excerpt.knobs}
    knobs.source += "\n" + "\n".join(f"{name} = {value!r}" for name, value in values.items())
    notebook.cells = sorted([knobs, *chosen], key=code.index)
    for cell in notebook.cells:
        cell.outputs = []
    file = folder / f"day{excerpt.day}_excerpt.ipynb"
    nbformat.write(notebook, file)
    return file


def _find(code: list, start: str, day: str):
    found = [cell for cell in code if any(line.startswith(start) for line in cell.source.splitlines())]
    if not found:
        raise ValueError(
            f"Day {day} has no cell any more with a line that begins {start!r}; put the new one into "
            "EXCERPTS, course_lib/bench/full_lessons.py."
        )
    return found[0]
