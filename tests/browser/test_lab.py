"""A student's first minutes: JupyterLab opens a notebook, runs all of it, and the keyboard moves its slider."""

import shutil

import nbformat
import pytest
from playwright.sync_api import expect

from course_lib.lessons.days import HOME, QUESTIONS
from tests.browser.jupyterlab import jupyterlab, run_all_cells

LESSON = "day02_forward_diffusion.ipynb"


@pytest.fixture
def lab(tmp_path):
    """JupyterLab as `course lab 2` starts it, on a copy of the lesson; its address with the token, and the copy."""
    folder = tmp_path / "notebooks"
    folder.mkdir()
    shutil.copy(HOME / "notebooks" / LESSON, folder)
    with jupyterlab(folder, LESSON) as address:
        yield address, folder / LESSON


def test_a_lesson_runs_in_jupyterlab_and_its_slider_moves_by_keyboard(page, watch, lab):
    address, notebook = lab
    page.goto(address)
    expect(page.get_by_role("heading", name=QUESTIONS[LESSON[:5]]).first).to_be_visible(timeout=60_000)
    run_all_cells(page)

    slider = page.get_by_role("slider").first
    slider.scroll_into_view_if_needed()
    slider.focus()
    picture = page.locator(".jupyter-widgets:has([role=slider]) img").first
    expect(picture).to_have_count(0)
    page.keyboard.press("ArrowRight")
    expect(picture).to_be_visible(timeout=20_000)
    before = picture.get_attribute("src")
    for _ in range(9):
        page.keyboard.press("PageUp")
    expect(picture).not_to_have_attribute("src", before, timeout=20_000)

    page.keyboard.press("Control+s")
    expect(page.locator(".jp-mod-dirty")).to_have_count(0, timeout=20_000)
    cells = [c for c in nbformat.read(notebook, as_version=4).cells if c.cell_type == "code"]
    assert [c.execution_count for c in cells] == list(range(1, len(cells) + 1))
    assert [o for c in cells for o in c.outputs if o.output_type == "error"] == []
    assert watch.since() == []
