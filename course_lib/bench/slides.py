"""How long a teacher waits for the slides: `course bench slides`."""

import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

from course_lib.bench.report import write_section
from course_lib.lessons import site

ROUNDS = 5


def main(write: bool = False) -> list[dict]:
    """One row per wait.  The project's own build is not touched where it is not stale.  Raises ValueError where a build fails."""
    site.build_site()
    shown = [first_slide("3") for _ in range(ROUNDS)]
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        for part in ("docs", "notebooks"):
            shutil.copytree(site.HOME / part, home / part, ignore=shutil.ignore_patterns("_build", "data"))
        everything = seconds(lambda: site.build_site(home))
        deck = home / "docs" / "slides" / "day03.md"
        deck.write_text(deck.read_text(encoding="utf-8") + "\n", encoding="utf-8")
        one_deck = seconds(lambda: site.build_slides(home))
    rows = [
        {"what": "site and slides on a clean clone", "seconds": f"{everything:.0f}"},
        {"what": "slides again, one deck changed", "seconds": f"{one_deck:.1f}"},
        {"what": "`course slides 3`, nothing changed, until the first slide is drawn", "seconds": f"{median(shown):.1f}"},
    ]  # fmt: skip
    if write:
        write_section("slides", "python3 start.py bench slides --write", rows)
    return rows


def seconds(call: Callable[[], object]) -> float:
    """How long one call takes, on the wall clock."""
    start = time.perf_counter()
    call()
    return time.perf_counter() - start


def first_slide(day: str) -> float:
    """Seconds from typing `course slides DAY` until a browser, already open, has drawn the first slide with its pictures."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        options = {"args": ["--no-sandbox"]} if sys.platform == "linux" else {}
        browser = playwright.chromium.launch(executable_path=site.find_browser(), **options)
        page = browser.new_page(viewport={"width": 1280, "height": 720})
        start = time.perf_counter()
        command = [sys.executable, "-m", "course_lib", "slides", day, "--no-browser", "--port", "0"]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
            page.goto(re.search(r"http\S+", server.stdout.readline())[0])
            page.wait_for_function("window.Reveal && Reveal.isReady()")
            page.evaluate(
                "Promise.all([...Reveal.getCurrentSlide().querySelectorAll('img')].map((it) => it.decode()))"
            )
            page.evaluate("new Promise(requestAnimationFrame)")
            took = time.perf_counter() - start
            server.terminate()
        browser.close()
    return took
