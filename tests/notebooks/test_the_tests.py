"""The notebook tests must fail where a notebook is broken: here are broken ones."""

import base64
import io
import subprocess
import sys

import matplotlib.pyplot as plt
import nbformat
import numpy as np
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output
from PIL import Image

from course_lib.lessons.days import HOME
from course_lib.lessons.small_png import small_png
from course_lib.lessons.store import WIDGET
from tests.notebooks.compare_figures import complaint
from tests.notebooks.lessons import faults


def picture(values) -> bytes:
    figure, ax = plt.subplots(figsize=(4, 2))
    ax.plot(values, linewidth=3)
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png")
    plt.close(figure)
    return buffer.getvalue()


def nbval(tmp_path, *cells) -> subprocess.CompletedProcess:
    """Run nbval, with the course's plugins, on a notebook made of these cells."""
    nbformat.write(new_notebook(cells=list(cells)), tmp_path / "lesson.ipynb")
    command = [
        sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "--nbval", "--nbval-current-env", "-p", "tests.notebooks.offline",
        "-p", "tests.notebooks.compare_figures", "--nbval-sanitize-with", "tests/notebooks/sanitize.cfg",
        str(tmp_path / "lesson.ipynb"),
    ]  # fmt: skip
    return subprocess.run(command, cwd=HOME, capture_output=True, text=True)


def stored(source: str, *, text: str | None = None, png: bytes | None = None):
    cell = new_code_cell(source, execution_count=1)
    if text is not None:
        cell.outputs = [new_output("stream", name="stdout", text=text)]
    if png is not None:
        data = {
            "image/png": base64.b64encode(png).decode(),
            "text/plain": "<Figure size 400x200 with 1 Axes>",
        }
        cell.outputs = [new_output("display_data", data=data)]
    return cell


def draw(values) -> str:
    return f"import matplotlib.pyplot as plt\nplt.figure(figsize=(4, 2))\nplt.plot({values}, linewidth=3)\nplt.show()"


@pytest.mark.slow
def test_nbval_accepts_what_is_right_and_refuses_changed_text(tmp_path):
    assert nbval(tmp_path, stored("print(2)", text="2\n")).returncode == 0
    done = nbval(tmp_path, stored("print(3)", text="2\n"))
    assert done.returncode == 1 and "1 failed" in done.stdout


def test_nbval_accepts_a_control_of_which_only_the_sentence_is_stored(tmp_path):
    source = "from ipywidgets import IntSlider\nfrom course_lib.widgets import show\nshow(IntSlider())"
    cell, told = stored(source), {"text/plain": "(Run this notebook to use the controls.)"}
    cell.outputs = [new_output("display_data", data=told)]
    other = stored(source)
    other.outputs = [new_output("display_data", data={"text/plain": "another sentence"})]
    assert "1 failed, 1 passed" in nbval(tmp_path, cell, other).stdout


@pytest.mark.slow
def test_nbval_refuses_a_changed_figure(tmp_path):
    done = nbval(tmp_path, stored(draw([3, 1, 2, 9]), png=picture([1, 2, 3])))
    assert done.returncode == 1 and "differs from the stored one" in done.stdout


def test_nbval_refuses_a_cell_that_uses_the_network(tmp_path):
    source = "import socket\nsocket.create_connection(('192.0.2.1', 80), timeout=1)"
    done = nbval(tmp_path, stored(source))
    assert done.returncode == 1 and "the network is cut" in done.stdout


def test_figures_are_compared_with_a_tolerance():
    same, near, other = picture([1, 2, 3]), picture([1, 2.01, 3]), picture([3, 1, 2, 9])
    assert complaint([near], [same], trained=False) == ""
    assert "differs" in complaint([other], [same], trained=False)
    assert "figures in place of" in complaint([], [same], trained=False)
    noise = picture(np.random.default_rng(0).normal(size=3000) * 5)
    assert "differs" in complaint([noise], [same], trained=True)


def good_lesson():
    text = "# Why?\nAt the end you will be able to …\nBefore you start: nothing. 1 minute.\n## Recap\n## Sources\narXiv"
    cells = [new_markdown_cell(text), new_code_cell("SEED = 0", metadata={"tags": ["parameters"]})]
    for name in ("a", "b", "c"):
        cells.append(new_code_cell(f'{name} = attempt("{name}", {name})', metadata={"tags": ["exercise"]}))
    cells += [
        new_code_cell("gate(1)"),
        new_code_cell("gate(2)"),
        new_code_cell("gate(3)"),
        new_code_cell("quiz(1)"),
    ]
    for i, cell in enumerate(c for c in cells if c.cell_type == "code"):
        cell.execution_count = i + 1
    return new_notebook(cells=cells)


PIXEL = base64.b64encode(
    small_png(Image.new("RGB", (1, 1)))
).decode()  # a picture, as `course store` keeps it


def spoil(notebook, how: str):
    code = [c for c in notebook.cells if c.cell_type == "code"]
    if how == "title":
        notebook.cells[0].source = notebook.cells[0].source.replace("Why?", "Why.")
    elif how == "from top":
        code[-1].execution_count = 99
    elif how == "error":
        code[-1].outputs = [new_output("error", ename="E", evalue="", traceback=[])]
    elif how == "alt text":
        code[-1].outputs = [new_output("display_data", data={"image/png": PIXEL})]
    elif how == "holds a control":
        code[-1].outputs = [new_output("display_data", data={"text/plain": "(Run this.)", WIDGET: {}})]
    elif how == "without its alt text":
        code[-1].metadata["mystnb"] = {"image": {"alt": "a sentence of some length"}}
        code[-1].outputs = [new_output("display_data", data={"image/png": PIXEL})]
    elif how == "lines":
        code[-1].source = "quiz(1)\n" + "1\n" * 15
    elif how == "exercises":
        code[1].metadata = code[2].metadata = {}
    elif how == "quiz":
        code[-1].source = "1"
    elif how == "three claims":
        code[-2].source = "1"
    elif how == "parameters":
        code[0].metadata = {}
    elif how == "sources":
        notebook.cells[0].source = notebook.cells[0].source.replace("## Sources", "")
    elif how == "MB":
        code[-1].source += "#" + "x" * 2_100_000


SPOILS = [
    "title",
    "from top",
    "error",
    "alt text",
    "holds a control",
    "without its alt text",
    "lines",
    "exercises",
    "quiz",
    "three claims",
    "parameters",
    "sources",
    "MB",
]


def test_a_good_lesson_has_no_faults(tmp_path):
    nbformat.write(good_lesson(), tmp_path / "day99_x.ipynb")
    assert faults(tmp_path / "day99_x.ipynb") == []


@pytest.mark.parametrize("how", SPOILS)
def test_each_rule_bites(tmp_path, how):
    lesson = good_lesson()
    spoil(lesson, how)
    nbformat.write(lesson, tmp_path / "day99_x.ipynb")
    assert any(how in fault for fault in faults(tmp_path / "day99_x.ipynb")), faults(
        tmp_path / "day99_x.ipynb"
    )
