"""A student's first minutes: JupyterLab opens a notebook, runs all of it, and the keyboard moves its slider."""

import os
import re
import shutil
import socket
import subprocess
import time

import nbformat
import pytest
from playwright.sync_api import expect

from course_lib.command.cli import lab_command
from course_lib.lessons.days import HOME, QUESTIONS

LESSON = "day02_forward_diffusion.ipynb"
WHOLE_LESSON = 300_000  # milliseconds, on a slow machine


@pytest.fixture
def lab(tmp_path):
    """JupyterLab as `course lab 2` starts it, on a copy of the lesson; its address with the token."""
    folder = tmp_path / "notebooks"
    folder.mkdir()
    shutil.copy(HOME / "notebooks" / LESSON, folder)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    env = {
        **os.environ,
        "JUPYTER_CONFIG_DIR": str(tmp_path / "config"),
        "JUPYTER_DATA_DIR": str(tmp_path / "data"),
    }
    said = tmp_path / "said.txt"
    with said.open("w", encoding="utf-8") as log:
        server = subprocess.Popen([*lab_command(folder, LESSON, port), "--no-browser"], stderr=log, env=env)
    try:
        deadline = time.monotonic() + 120
        while not (
            address := re.search(r"http://127\.0\.0\.1:\d+/lab\S*token=\w+", said.read_text(encoding="utf-8"))
        ):
            assert server.poll() is None and time.monotonic() < deadline, said.read_text(encoding="utf-8")
            time.sleep(0.2)
        yield address[0], folder / LESSON
    finally:
        server.terminate()
        server.wait(timeout=30)


def test_a_lesson_runs_in_jupyterlab_and_its_slider_moves_by_keyboard(page, watch, lab):
    address, notebook = lab
    page.goto(address)
    expect(page.get_by_role("heading", name=QUESTIONS[LESSON[:5]]).first).to_be_visible(timeout=60_000)
    expect(page.get_by_role("button", name="| Idle")).to_be_visible(timeout=60_000)

    page.get_by_role("menuitem", name="Run", exact=True).click()
    page.get_by_text("Run All Cells", exact=True).click()
    running = page.locator(".jp-Notebook-ExecutionIndicator")
    expect(running).to_have_attribute("data-status", "busy", timeout=60_000)
    expect(running).to_have_attribute("data-status", "idle", timeout=WHOLE_LESSON)

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
