"""`course store`: what a run leaves in a lesson for readers without a kernel."""

import io

import nbconvert
import nbformat
import numpy as np
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook
from PIL import Image
from typer.testing import CliRunner

from course_lib.command import store as command
from course_lib.command.cli import app
from course_lib.lessons import store
from course_lib.lessons.run import LessonFailed
from course_lib.lessons.small_png import small_png

ALT = "A line that rises from one to three"
SOURCES = [
    "from ipywidgets import IntSlider\nfrom course_lib.exercises.progress import record\n"
    "from course_lib.widgets import show\nrecord('add_noise', 'done')\nshow(IntSlider())",
    "%matplotlib inline\nimport matplotlib.pyplot as plt\nplt.plot([1, 3])\nplt.show()",
]


@pytest.fixture
def lesson(tmp_path):
    """A lesson with a control and a picture, not yet run; each cell has an id of its own."""
    cells = [new_markdown_cell("# Why?", id="why")]
    cells += [new_code_cell(source, id=f"code-{k}") for k, source in enumerate(SOURCES)]
    cells[-1].metadata = {"mystnb": {"image": {"alt": ALT}}, "tags": ["picture:line"]}
    kernel = {"kernelspec": {"name": "python3", "language": "python", "display_name": "Python 3"}}
    path = tmp_path / "day42_lesson.ipynb"
    nbformat.write(new_notebook(cells=cells, metadata={**kernel, "course": {"quick": {}}}), path)
    return path


def test_a_stored_lesson_can_be_read_without_a_kernel(lesson, tmp_path):
    before = nbformat.read(lesson, as_version=4)
    store.store_outputs(lesson)
    after = nbformat.read(lesson, as_version=4)
    kept = lambda notebook: [(c.id, c.cell_type, c.source, c.metadata) for c in notebook.cells]
    assert kept(after) == kept(before) and set(after.metadata) == {"kernelspec", "language_info", "course"}
    assert [c.execution_count for c in after.cells[1:]] == [1, 2]
    (control,), (picture,) = (cell.outputs for cell in after.cells[1:])
    assert control.data == {"text/plain": "(Run this notebook to use the controls.)"}
    assert picture.metadata["image/png"]["alt"] == ALT
    page, _ = nbconvert.HTMLExporter(template_name="classic").from_notebook_node(after)
    assert f'alt="{ALT}"' in page and "widget-view" not in page
    assert not (tmp_path / "progress.json").exists(), "the author's own progress"


def test_a_lesson_that_fails_stays_as_it_was(lesson, monkeypatch):
    def run_notebook(notebook, out):
        raise LessonFailed("day42, section 1: NameError")

    monkeypatch.setattr(store, "run_notebook", run_notebook)
    monkeypatch.setattr(command, "find_notebook", lambda day: lesson)
    before = lesson.read_bytes()
    result = CliRunner().invoke(app, ["store", "42"])
    assert result.exit_code == 1 and "day42, section 1: NameError" in result.output
    assert lesson.read_bytes() == before


def test_a_copy_in_the_readme_follows_its_cell(tmp_path):
    """Also where the same picture stands twice in a lesson, or two pictures change at once."""
    for name, content in (("day41.png", b"one"), ("day42.png", b"other"), ("zoo.png", b"one")):
        (tmp_path / name).write_bytes(content)
    before = {("a", 0): b"one", ("b", 1): b"other", ("c", 0): b"gone"}
    store.refresh_copies(before, {("a", 0): b"new", ("b", 1): b"one"}, tmp_path)
    kept = {file.name: file.read_bytes() for file in tmp_path.iterdir()}
    assert kept == {"day41.png": b"new", "day42.png": b"one", "zoo.png": b"one"}


def test_a_stored_picture_is_small_and_looks_the_same():
    chance = np.random.default_rng(0)
    painted = chance.integers(0, 256, (60, 60, 3), np.uint8)
    painted[:9] = 255
    file = io.BytesIO()
    Image.fromarray(painted).convert("RGBA").save(file, "PNG")
    small = small_png(file.getvalue())
    seen = np.asarray(Image.open(io.BytesIO(small)))
    assert len(small) < 0.8 * len(file.getvalue()) and seen.shape == (60, 60, 3)
    assert np.abs(seen.astype(int) - painted).max() <= 3 and (seen[:9] == 255).all()
    assert small_png(small) == small  # once more changes nothing


def test_a_picture_that_can_be_seen_through_keeps_its_colours():
    glass = Image.new("RGBA", (4, 4), (10, 20, 31, 100))
    assert Image.open(io.BytesIO(small_png(glass))).getpixel((0, 0)) == (10, 20, 31, 100)
