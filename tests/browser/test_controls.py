"""Every control in JupyterLab, in light and in dark: its words can be read, and none of its labels is cut."""

import os
import re
from contextlib import contextmanager

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook
from playwright.sync_api import expect

from course_lib import widgets
from course_lib.lessons.days import HOME
from tests.browser.jupyterlab import jupyterlab, run_all_cells

CELLS = {  # each control with the least that it needs
    "noise_slider": "noise_slider(digits, {'cosine': curve}, digits)",
    "denoise_stepper": "denoise_stepper(digits[None], digits[None], [5])",
    "sampler_explorer": "sampler_explorer(UNet(), curve)",
    "latent_walker": "latent_walker(lambda z: z[:, :1, None, None] * torch.ones(1, 1, 8, 8))",
    "sentence_search": "sentence_search(lambda text: torch.arange(8.0), torch.zeros(8, 3, 8, 8), 'a fox')",
    "prompt_box": "prompt_box(pipe, 'a fox', steps=1)",
    "prompt_lab": "prompt_lab(pipe, 'a fox', guidance=3, steps=1)",
    "progress": "sum(progress(range(3), 3, 'adding'))",
    "quiz": "quiz('day02')",
}
SET_UP = """import torch
from course_lib.diffusion.unet import UNet
from course_lib.exercises import quiz
from course_lib.models import load_text_to_image
from course_lib.widgets import *
pipe = load_text_to_image("pocket", device="cpu")
pipe.set_progress_bar_config(disable=True)
digits, curve = torch.zeros(2, 1, 16, 16), torch.linspace(1, 0.001, 1000)"""
NO_CONTROL = {"explorer", "show"}  # what the controls are made of
CUT = """() => [...document.querySelectorAll(".widget-label, .widget-button, .widget-readout")]
  .filter((it) => it.scrollWidth > it.clientWidth && getComputedStyle(it).overflow !== "visible")
  .map((it) => it.textContent)"""
# The contrast of each piece of text with the ground it stands on (WCAG 2.1, 1.4.3), the lowest first.
CONTRASTS = """(where) => {
  const rgba = (color) => { const it = color.match(/[\\d.]+/g).map(Number); return [...it.slice(0, 3), it[3] ?? 1]; };
  const light = ([r, g, b]) => [0.2126, 0.7152, 0.0722].reduce((sum, k, i) => {
    const c = [r, g, b][i] / 255;
    return sum + k * (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);
  }, 0);
  const over = (top, ground) => top.slice(0, 3).map((c, i) => c * top[3] + ground[i] * (1 - top[3]));
  const ground = (it) => {
    const own = it ? rgba(getComputedStyle(it).backgroundColor) : [255, 255, 255, 1];
    return own[3] === 1 ? own.slice(0, 3) : over(own, ground(it.parentElement));
  };
  const found = [];
  for (const it of document.querySelectorAll(where)) {
    const words = [...it.childNodes].filter((n) => n.nodeType === 3).map((n) => n.textContent).join("").trim();
    if (!words) continue;
    const under = ground(it), ink = light(over(rgba(getComputedStyle(it).color), under)), paper = light(under);
    found.push([(Math.max(ink, paper) + 0.05) / (Math.min(ink, paper) + 0.05), it.className || it.tagName, words]);
  }
  return found.sort((a, b) => a[0] - b[0]);
}"""
OURS = ", ".join(
    f"{place} {it}"
    for place in (".course-progress", "figure", ".widget-html-content", ".jp-RenderedHTML")
    for it in ("", "*")
)
WORDS = ("3 of 3 done", "guidance 3, 1 steps", "Not yet", "Question 1", "All questions")  # some of them


def test_every_control_is_tried():
    assert set(widgets.__all__) | {"quiz"} == set(CELLS) | NO_CONTROL


@contextmanager
def opened(page, folder, *sources):
    """A notebook of these cells in JupyterLab, all of them run without an error."""
    cells = [new_code_cell(source) for source in (SET_UP, *sources)]
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3"}}
    nbformat.write(new_notebook(cells=cells, metadata=kernel), folder / "controls.ipynb")
    # JupyterLab takes what is out of sight off the page.
    page.set_viewport_size({"width": 1400, "height": 9000})
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", str(HOME), prepend=os.pathsep)
        with jupyterlab(folder, "controls.ipynb") as address:
            page.goto(address)
            run_all_cells(page)
            expect(page.locator(".jp-OutputArea-output[data-mime-type$=error]")).to_have_count(0)
            yield


@pytest.fixture
def controls(page, tmp_path):
    """A page of JupyterLab on which every control was used."""
    with opened(page, tmp_path, *CELLS.values()):
        page.get_by_role("button", name="Paint").click()
        expect(page.locator("figcaption")).to_be_visible(timeout=60_000)
        page.get_by_role("radio").nth(1).click()
        page.get_by_role("button", name="Check", exact=True).click()
        expect(page.get_by_text("Not yet")).to_be_visible()
        yield page


def test_the_picture_follows_the_typing(page, tmp_path):
    with opened(page, tmp_path, CELLS["prompt_box"]):
        page.get_by_role("checkbox", name="live").check()
        picture = page.locator("figure img")
        expect(picture).to_have_attribute("alt", re.compile("'a fox'.*4 steps, LCM"), timeout=60_000)
        before = picture.get_attribute("src")
        box = page.get_by_role("textbox", name="prompt")
        box.press("End")
        box.press_sequentially(" in the snow", delay=40)
        expect(picture).to_have_attribute("alt", re.compile("'a fox in the snow'"), timeout=20_000)
        assert picture.get_attribute("src") != before


def test_labels_are_whole_and_words_can_be_read_in_light_and_dark(controls):
    faults = []
    for theme in ("Light", "Dark"):
        name = f"JupyterLab {theme}"
        controls.get_by_role("menuitem", name="Settings", exact=True).click()
        controls.get_by_text("Theme", exact=True).hover()
        controls.get_by_text(name, exact=True).click()
        expect(controls.locator("body")).to_have_attribute("data-jp-theme-name", name, timeout=20_000)
        faults += [f"{theme}: the label {label!r} is cut" for label in controls.evaluate(CUT)]
        contrasts = controls.evaluate(CONTRASTS, OURS)
        faults += [f"{theme}: cannot be read: {found}" for found in contrasts if found[0] < 4.5]
        read = " ".join(words for _, _, words in contrasts)
        faults += [f"{theme}: not looked at: {words}" for words in WORDS if words not in read]
    assert faults == []
