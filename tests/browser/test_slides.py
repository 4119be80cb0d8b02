"""The slides as a class has them: at 1280 x 720 nothing is cut off, the keys work, and so do the notes and the print."""

import re

import pytest
from playwright.sync_api import expect

from course_lib.lessons import site

DECKS = site.decks()
WINDOW = {"width": 1280, "height": 720}
# Everything on the present slide that lies outside it, or whose text runs out of its own box.
CUT_OFF = """() => {
  const LOWEST = 676;  // below it runs the strip that shows how far the talk has come
  const slide = Reveal.getCurrentSlide(), all = slide.getBoundingClientRect(), said = [];
  for (const it of slide.querySelectorAll("*")) {
    if (it.closest("aside, .katex-mathml") || it.ownerSVGElement || !it.getClientRects().length) continue;
    const box = it.getBoundingClientRect(), name = `${it.tagName} ${it.textContent.trim().slice(0, 40)}`;
    if (box.right > 1281 || box.bottom > 721 || box.left < -1 || box.top < -1) said.push(`outside: ${name}`);
    if (it.matches("p, li, pre, img") && box.bottom > LOWEST) said.push(`too low: ${name}`);
    if (it.matches("pre, figure, div") && it.scrollWidth > it.clientWidth + 1) said.push(`runs over: ${name}`);
  }
  for (const it of slide.querySelectorAll("img")) {
    if (!it.complete || !it.naturalWidth) said.push(`no picture: ${it.src}`);
    else if (it.getBoundingClientRect().height < 150) said.push(`a picture ${it.getBoundingClientRect().height} high`);
  }
  for (const it of slide.querySelectorAll(".math")) {
    if (!it.querySelector(".katex-html") || it.querySelector(".katex-error")) said.push(`no formula: ${it.textContent}`);
  }
  return said;
}"""


@pytest.fixture
def browser_context_args(browser_context_args):
    return {**browser_context_args, "viewport": WINDOW}


def open_deck(page, address):
    page.goto(address)
    page.wait_for_function("window.Reveal && Reveal.isReady()")


@pytest.mark.parametrize("day", DECKS)
def test_nothing_is_cut_off(page, watch, served, built, day):
    open_deck(page, f"{served}slides/{day}.html")
    total = page.evaluate("Reveal.getTotalSlides()")
    assert total == site.count_slides(built / "slides" / f"{day}.html")
    faults = {}
    for number in range(1, total + 1):
        assert page.evaluate("Reveal.getSlidePastCount() + 1") == number, (
            "the right arrow goes to the next slide"
        )
        if said := page.evaluate(CUT_OFF) + watch.since():
            faults[number] = said
        page.keyboard.press("ArrowRight")
    assert faults == {}


def test_the_keys(page, served):
    open_deck(page, f"{served}slides/day02.html")
    page.keyboard.press("End")
    assert page.evaluate("Reveal.isLastSlide()")
    page.keyboard.press("Home")
    assert page.evaluate("Reveal.isFirstSlide()")
    for mode in ("dark", "light"):
        page.keyboard.press("d")
        assert page.evaluate("document.documentElement.dataset.theme") == mode


def test_the_speaker_view_shows_the_notes_and_follows(page, watch, served):
    open_deck(page, f"{served}slides/day02.html")
    with page.expect_popup() as opened:
        page.keyboard.press("s")
    notes = opened.value.locator(".speaker-controls-notes .value")
    for _ in range(3):
        spoken = page.evaluate("Reveal.getCurrentSlide().querySelector('aside.notes').textContent.trim()")
        words = re.sub(r"\s+", " ", spoken)
        expect(notes).to_contain_text(words[:80], timeout=15_000)
        page.keyboard.press("ArrowRight")
    frames = [frame for frame in opened.value.frames if "receiver" in frame.url]
    assert len(frames) == 2, "the present slide and the next"
    assert watch.since() == []


@pytest.mark.parametrize("day", DECKS)
def test_each_slide_is_one_printed_page(built, tmp_path, day):
    site.print_deck(
        built / "slides", f"{day}.html", tmp_path / "slides.pdf"
    )  # raises where the counts differ
    assert (tmp_path / "slides.pdf").stat().st_size > 100_000
