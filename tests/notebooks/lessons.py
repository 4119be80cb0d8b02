"""What the notebook tests share: reading a lesson, solving it, and the rules it must follow."""

import copy
import re
from pathlib import Path

import nbformat
import papermill
from IPython.core.inputtransformer2 import TransformerManager

from course_lib.exercises import solution_source
from course_lib.lessons.store import alt_text, make_lasting

ATTEMPT = re.compile(r'^(\w+) = attempt\("(\w+)", \1\)', re.MULTILINE)
LONGEST, LONGEST_CLASS = 15, 25  # lines of a code cell, imports left out; of one that teaches a class


def read(path: Path) -> nbformat.NotebookNode:
    return nbformat.read(path, as_version=4)


def code_cells(notebook: Path) -> list[str]:
    """The code of a notebook, cell by cell, with %matplotlib and the like as Python."""
    cells = [c.source for c in read(notebook).cells if c.cell_type == "code"]
    return [TransformerManager().transform_cell(source) for source in cells]


def tags(cell) -> list[str]:
    return cell.metadata.get("tags", [])


def exercises(notebook) -> list[str]:
    """The names of the exercises a notebook asks for, in order."""
    return [
        name
        for cell in notebook.cells
        if "exercise" in tags(cell)
        for _, name in ATTEMPT.findall(cell.source)
    ]


def solve(notebook) -> None:
    """Put the course's own function in place of each stub, and hand it in as a student would."""
    for cell in notebook.cells:
        if "exercise" in tags(cell):
            (name,) = {found for _, found in ATTEMPT.findall(cell.source)}
            cell.source = f'{solution_source(name)}\n\n{name} = attempt("{name}", {name})'


def parametrise(notebook, values: dict) -> None:
    """Add a cell behind the one tagged `parameters`, as papermill does."""
    at = next(i for i, cell in enumerate(notebook.cells) if "parameters" in tags(cell))
    source = "\n".join(f"{name} = {value!r}" for name, value in values.items())
    notebook.cells.insert(at + 1, nbformat.v4.new_code_cell(source))


def execute(notebook, tmp_path: Path) -> nbformat.NotebookNode:
    """Run a notebook by papermill in the empty folder tmp_path/work, so that it finds nothing of an earlier run."""
    folder = tmp_path / "work"
    folder.mkdir()
    nbformat.write(notebook, tmp_path / "in.ipynb")
    return papermill.execute_notebook(
        tmp_path / "in.ipynb",
        tmp_path / "out.ipynb",
        engine_name="course",  # of lessons/run.py: it takes our own Python, and says how a kernel died
        kernel_name="python3",
        cwd=str(folder),
        progress_bar=False,
    )


def printed(notebook) -> str:
    """Everything the cells printed."""
    outputs = [o for cell in notebook.cells if cell.cell_type == "code" for o in cell.outputs]
    return "".join(o.text for o in outputs if o.output_type == "stream")


def faults(path: Path) -> list[str]:
    """Every rule of the house that a lesson breaks, each as one sentence; empty where there is none."""
    notebook = read(path)
    code = [cell for cell in notebook.cells if cell.cell_type == "code" and cell.source.strip()]
    text = "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")
    found = []
    if path.stat().st_size > 2e6:
        found.append(f"the file has {path.stat().st_size / 1e6:.1f} MB, more than 2 MB")
    if [cell.execution_count for cell in code] != list(range(1, len(code) + 1)):
        found.append("the cells were not run once, from top to bottom")
    if not text.startswith("# ") or not text.splitlines()[0].endswith("?"):
        found.append("the title is not a question")
    for needed in ("you will be able to", "before you start", "minute", "## sources", "arxiv", "recap"):
        if needed not in text.lower():
            found.append(f"the text nowhere says {needed!r}")
    if not 3 <= len(exercises(notebook)) <= 5:
        found.append(f"there are {len(exercises(notebook))} exercises, not 3 to 5")
    if not any("quiz(" in cell.source for cell in code):
        found.append("there is no quiz")
    if sum("gate(" in cell.source for cell in code) < 3:
        found.append("fewer than three claims are held by a gate")
    if sum("parameters" in tags(cell) for cell in code) != 1:
        found.append("not exactly one cell is tagged `parameters`")
    return found + [fault for i, cell in enumerate(code, 1) for fault in _cell_faults(i, cell)]


def _cell_faults(number: int, cell) -> list[str]:
    found = []
    limit = LONGEST_CLASS if {"class", "exercise"} & set(tags(cell)) else LONGEST
    lines = [line for line in cell.source.splitlines() if not line.startswith(("import ", "from "))]
    if len(lines) > limit:
        found.append(f"code cell {number} has {len(lines)} lines, more than {limit}")
    if any(o.output_type == "error" for o in cell.outputs):
        found.append(f"code cell {number} holds a stored error")
    picture = any("image/png" in o.get("data", {}) for o in cell.outputs)
    if picture and len(alt_text(cell)) < 20:
        found.append(f"code cell {number} shows a picture without alt text")
    for output in cell.outputs:
        make_lasting(lasting := copy.deepcopy(output), alt_text(cell))
        if output != lasting:
            found.append(
                f"code cell {number} holds a control, or a picture without its alt text: not by `course store`"
            )
    return found
