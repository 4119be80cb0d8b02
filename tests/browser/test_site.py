"""The site as a reader has it: every page, at three widths, in light and in dark."""

import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

STANDARDS = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"], "resultTypes": ["violations"]}
ALL_BUT = {"exclude": [[".sig dl"]]}  # how Sphinx itself writes a long signature
# What every page is asked for once it is open.  Rounding makes a page a pixel too wide now and then.
LOOK = """async () => {
  const said = [];
  await document.fonts.ready;
  for (const picture of document.images) {
    picture.loading = "eager";
    await picture.decode().catch(() => said.push(`no picture: ${picture.src}`));
  }
  for (const place of document.querySelectorAll(".math")) {
    if (!place.querySelector(".katex-html") || place.querySelector(".katex-error")) said.push(`no formula: ${place.textContent}`);
  }
  if (document.documentElement.lang !== "en") said.push("no language");
  return said;
}"""
# What sticks out of the window, outside of the few boxes that may be scrolled sideways: code, tables, formulas.
TOO_WIDE = """() => [...document.querySelectorAll("body *")].filter((it) => {
  const box = it.getBoundingClientRect();
  if (!box.width || box.right <= innerWidth + 1 || it.closest("svg, .katex-mathml")) return false;
  for (let up = it.parentElement; up; up = up.parentElement) {
    const style = getComputedStyle(up);
    if (style.position === "fixed") return false;
    if (up.matches("pre, div.highlight, .math, .pst-scrollable-table-container, .output") && style.overflowX === "auto") return false;
  }
  return true;
}).slice(0, 3).map((it) => `${it.tagName}.${it.className}: ${Math.round(it.getBoundingClientRect().right)}`)"""


def test_every_page_opens_without_a_fault(page, watch, served, pages):
    faults = {}
    formulas = 0
    for name in pages:
        page.goto(served + name)
        said = page.evaluate(LOOK)
        formulas += page.locator(".math .katex-html").count()
        if said := watch.since() + said:
            faults[name] = said
    assert faults == {} and formulas > 200


@pytest.mark.parametrize("width", [390, 820, 1280])
def test_no_page_is_wider_than_its_window(page, served, pages, width):
    page.set_viewport_size({"width": width, "height": 844})
    faults = {}
    for name in pages:
        if not name.startswith("slides/day"):
            page.goto(served + name)
            if wide := page.evaluate(TOO_WIDE):
                faults[name] = wide
    assert faults == {}


@pytest.mark.parametrize("term", ["guidance", "Fréchet", "잠재 공간", "add_noise"])
def test_search_finds_a_term(page, watch, served, term):
    page.goto(served)
    page.get_by_role("button", name="Search").first.click()
    page.get_by_role("searchbox").fill(term)
    page.keyboard.press("Enter")
    page.locator("#search-results li a").first.click(timeout=20_000)
    expect(page.get_by_role("main")).to_contain_text(re.compile(re.escape(term), re.IGNORECASE))
    assert watch.since() == []


def test_light_and_dark(page, served):
    page.goto(served)
    grounds = {}
    for mode in ("Light", "Dark"):
        page.get_by_role("button", name="Color mode").click()
        page.get_by_role("button", name=mode, exact=True).click()
        theme = page.evaluate("document.documentElement.dataset.theme")
        grounds[theme] = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert set(grounds) == {"light", "dark"} and grounds["light"] != grounds["dark"]
    page.reload()
    assert page.evaluate("document.documentElement.dataset.theme") == "dark", "the choice is kept"


def test_a_lesson_s_notebook_is_downloaded(page, served, built):
    page.goto(f"{served}lessons/day02_forward_diffusion.html")
    with page.expect_download() as download:
        page.get_by_role("link", name=re.compile("download", re.IGNORECASE)).first.click()
    assert download.value.suggested_filename == "day02_forward_diffusion.ipynb"


def test_the_keyboard_reaches_the_text_and_the_search(page, served):
    page.goto(f"{served}lessons/day02_forward_diffusion.html")
    page.keyboard.press("Tab")
    assert "main content" in page.evaluate("document.activeElement.textContent")
    page.keyboard.press("Enter")
    assert page.evaluate("location.hash") == "#main-content"
    page.keyboard.press("Control+k")
    assert page.evaluate("document.activeElement.type") == "search"


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_no_barrier_that_axe_can_find(page, served, pages, theme):
    """Contrast, names of controls, order of headings and the like, by Deque's axe."""
    page.add_init_script(f"localStorage.setItem('mode', '{theme}'); localStorage.setItem('theme', '{theme}')")
    page.emulate_media(color_scheme=theme)
    faults = {}
    for name in pages:
        page.goto(served + name)
        for fault in Axe().run(page, context=ALL_BUT, options=STANDARDS).response["violations"]:
            places = [node["target"] for node in fault["nodes"]]
            faults.setdefault(fault["id"], []).append(
                (name, len(places), places[:2], fault["nodes"][0]["any"][:1])
            )
    assert faults == {}
