"""The cell with which every lesson begins: is the course in this kernel, and what is to be done where it is not?"""

import importlib.util
import os

import pytest
from IPython.core.inputtransformer2 import TransformerManager
from IPython.utils.text import DollarFormatter
from nbformat.v4 import new_code_cell, new_notebook

from course_lib.lessons.days import HOME, notebooks
from tests.notebooks.lessons import execute, read

CELL = next(cell for cell in read(notebooks()[0]).cells if cell.cell_type == "code")
WHEEL = "noise_to_picture-0.1.0-py3-none-any.whl"


class Kernel:
    """A kernel without IPython: what is installed in it, and the magic that a cell asked for."""

    def __init__(self, installed: set, pip_works: bool = True):
        self.installed, self.pip_works, self.asked, self.names = installed, pip_works, [], {}

    def run_line_magic(self, name, line):
        self.asked.append(f"{name} {DollarFormatter().vformat(line, [], self.names)}")
        if name == "pip" and self.pip_works:
            self.installed |= {"course_lib", "diffusers"}

    def run(self, source):
        self.names["get_ipython"] = lambda: self
        exec(TransformerManager().transform_cell(source), self.names)


@pytest.fixture
def kernel(tmp_path, monkeypatch):
    def make(installed=(), wheel=False, **options):
        monkeypatch.chdir(tmp_path)
        if wheel:
            (tmp_path / WHEEL).touch()
        made = Kernel(set(installed), **options)
        monkeypatch.setattr(importlib.util, "find_spec", lambda name: name in made.installed or None)
        return made

    return make


@pytest.mark.parametrize("wheel", [False, True])
def test_where_the_course_is_nothing_is_installed(kernel, wheel):
    home = kernel({"course_lib", "diffusers"}, wheel)
    home.run(CELL.source)
    assert home.asked == ["matplotlib inline"]


def test_a_wheel_beside_the_notebook_is_installed(kernel):
    colab = kernel(wheel=True)
    colab.run(CELL.source)
    assert colab.asked == [f"pip install -q {WHEEL}", "matplotlib inline"]


@pytest.mark.parametrize(
    "options",
    [{}, {"installed": {"diffusers"}}, {"installed": {"course_lib"}}, {"wheel": True, "pip_works": False}],
    ids=["nothing", "no course", "no libraries", "pip fails"],
)
def test_where_it_is_not_a_sentence_says_what_to_do(kernel, options):
    other = kernel(**options)
    with pytest.raises(ModuleNotFoundError) as raised:
        other.run(CELL.source)
    for needed in (
        "kernel of the folder .venv",
        "python3 start.py lab",
        "py start.py lab",
        "upload noise_to_picture",
    ):
        assert needed in str(raised.value)


def test_figures_are_shown_whatever_the_terminal_has_set(monkeypatch, tmp_path):
    """MPLBACKEND=Agg, left over from some script, would leave every figure out."""
    monkeypatch.setenv("MPLBACKEND", "Agg")
    monkeypatch.setenv("PYTHONPATH", str(HOME), prepend=os.pathsep)
    draw = "import matplotlib.pyplot as plt\nplt.plot([1, 2])\nplt.show()"
    notebook = new_notebook(cells=[new_code_cell(source) for source in (CELL.source, draw)])
    assert "image/png" in execute(notebook, tmp_path).cells[-1].outputs[-1].data
