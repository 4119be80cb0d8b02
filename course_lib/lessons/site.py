"""The site and the slides: built from docs/ and the notebooks into docs/_build, and served on this machine only.

Sphinx wants all its sources in one folder, so docs/ and the notebooks are first copied side by side into
docs/_build/source.  Pages and slides take their pictures from the stored outputs; nothing is run.
"""

import errno
import hashlib
import os
import re
import shutil
import subprocess
import sys
import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from course_lib.lessons.days import HOME, find_notebook, lessons_in
from course_lib.lessons.needs import OWN_COPY, writable

# What a page or a slide is made of, and where it goes: paths inside the project.
MADE_BY_BUILD = ("_build", "_pictures", "__pycache__")
MOST_LINES = 12  # of Sphinx's warnings in one message
PDF_PAGE = re.compile(rb"/Type\s*/Page\b")
BROWSERS = (
    "chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "msedge",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    r"C:\Program Files\Google\Chrome\Application\chrome.exe",
    r"C:\Program Files (x86)\Microsoft\Edge\Application\msedge.exe",
)  # fmt: skip


def built(home: Path = HOME) -> Path:
    """The folder of the finished site."""
    return home / "docs" / "_build" / "html"


def decks(home: Path = HOME) -> list[str]:
    """The days that have slides, such as ["day02", "day03"]."""
    return sorted(path.stem for path in (home / "docs" / "slides").glob("day[0-9][0-9].md"))


def find_deck(day: str, home: Path = HOME) -> str:
    """The deck of a day, named as on the command line.  Raises ValueError where there is none."""
    name = find_notebook(day).stem[:5]
    if name not in decks(home):
        raise ValueError(f"{day!r} has no slides; the days with slides are {', '.join(decks(home))}.")
    return name


def build_site(home: Path = HOME) -> Path:
    """Build the pages and the slides; returns the folder.  Raises ValueError with Sphinx's words where it warns."""
    source = stage(home)
    run_sphinx("html", source, built(home))
    return build_slides(home).parent


def build_slides(home: Path = HOME) -> Path:
    """Build the slides where they are stale; returns their folder.  Raises ValueError as `build_site` does."""
    out, stamp = built(home) / "slides", home / "docs" / "_build" / "slides.stamp"
    wanted = fingerprint(home)
    if not (
        stamp.exists()
        and stamp.read_text(encoding="utf-8", errors="replace") == wanted
        and (out / "index.html").exists()
    ):
        run_sphinx("revealjs", stage(home) / "slides", out)
        # The looks that reveal.js brings along are not used, and some would ask for fonts from elsewhere.
        shutil.rmtree(out / "_static" / "revealjs" / "dist" / "theme", ignore_errors=True)
        stamp.write_text(wanted, encoding="utf-8")
    return out


def sources(home: Path) -> dict[str, Path]:
    """Everything the site is made of: {path in the staged folder: the file}."""
    docs = home / "docs"
    found = {path.relative_to(docs).as_posix(): path for path in docs.rglob("*") if path.is_file()}
    found = {name: path for name, path in found.items() if not set(MADE_BY_BUILD) & set(name.split("/"))}
    return found | {f"lessons/{path.name}": path for path in lessons_in(home / "notebooks")}


def fingerprint(home: Path) -> str:
    """Changes when any source does, by its name, size or time."""
    files = {**sources(home), "site.py": Path(__file__)}
    lines = [f"{name} {f.stat().st_size} {f.stat().st_mtime_ns}" for name, f in sorted(files.items())]
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def stage(home: Path) -> Path:
    """Copy what changed into docs/_build/source, and take away what is gone; returns that folder.

    Raises ValueError where that folder can't be written.
    """
    target, wanted = home / "docs" / "_build" / "source", sources(home)
    writable(target, OWN_COPY)
    for name, path in wanted.items():
        copy = target / name
        if not copy.exists() or copy.read_bytes() != path.read_bytes():
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, copy)
    for copy in target.rglob("*"):
        name = copy.relative_to(target).as_posix()
        if copy.is_file() and name not in wanted and not set(MADE_BY_BUILD) & set(name.split("/")):
            copy.unlink()
    return target


def run_sphinx(builder: str, source: Path, out: Path) -> None:
    """Run Sphinx with warnings as errors.  Raises ValueError with what it said."""
    doctrees = out.parent / f"doctrees-{builder}"
    command = [sys.executable, "-m", "sphinx", "-b", builder, "-W", "--keep-going", "-q", "--no-color"]
    done = subprocess.run(
        [*command, "-d", str(doctrees), str(source), str(out)],
        capture_output=True,
        text=True,
        encoding="utf-8",
        errors="replace",
        env={**os.environ, "PYTHONIOENCODING": "utf-8", "PYTHONDONTWRITEBYTECODE": "1"},
    )
    if done.returncode:
        # Half of it is of no use: Sphinx would not read again, nor warn again about, what it has read once.
        shutil.rmtree(doctrees, ignore_errors=True)
        shutil.rmtree(out, ignore_errors=True)
        # The student's file is in docs or notebooks, not in the copy that Sphinx reads.
        said = (done.stderr or done.stdout).replace(f"{source}{os.sep}", "")
        told = [line for line in said.splitlines() if re.search("WARNING|ERROR|CRITICAL", line)]
        if len(told) > MOST_LINES:
            told[MOST_LINES:] = [f"... and {len(told) - MOST_LINES} more."]
        raise ValueError("The site could not be built. Sphinx says:\n" + ("\n".join(told) or said[-3000:]))


def serve(folder: Path, port: int) -> ThreadingHTTPServer:
    """A server of the folder for this machine only, not yet running; port 0 takes any free one.

    Raises ValueError where the folder is not built, or where the port is taken or not allowed.
    """
    if not (folder / "index.html").exists():
        raise ValueError("The site is not built yet; run `course docs build` first.")
    try:
        return LocalServer(("127.0.0.1", port), partial(QuietHandler, directory=str(folder)))
    except (OSError, OverflowError) as error:
        if getattr(error, "errno", None) in (errno.EADDRINUSE, 10048):  # 10048: Windows
            raise ValueError(f"Port {port} is in use; choose another with --port.") from None
        raise ValueError(f"Port {port} cannot be used ({error}); choose another with --port.") from None


class LocalServer(ThreadingHTTPServer):
    """A small web server that several tabs can ask at once."""

    allow_reuse_address = os.name != "nt"  # Windows would let two servers share one port
    daemon_threads = True


class QuietHandler(SimpleHTTPRequestHandler):
    """Serves files without a line of log for each."""

    def end_headers(self):
        """Also asks the browser to look for a newer page each time."""
        self.send_header(
            "Cache-Control", "no-cache"
        )  # after a new build the browser must not show the old page
        super().end_headers()

    def log_message(self, *_):
        """Says nothing."""
        pass


def find_browser() -> str:
    """A browser that can print without a window.  Raises ValueError where none is found."""
    for name in BROWSERS:
        if found := shutil.which(name):
            return found
    raise ValueError(
        "Printing needs Chromium, Chrome or Edge, and none was found; install one, or open the slides in any browser, "
        "add ?print-pdf to the address, and print from there."
    )


def print_deck(folder: Path, page: str, pdf: Path) -> None:
    """Print a deck, one slide on each page.  page: such as "day03.html".  Raises ValueError where it does not work."""
    browser = find_browser()
    server = serve(folder, 0)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    pdf.parent.mkdir(parents=True, exist_ok=True)
    pdf.unlink(missing_ok=True)
    command = [
        browser,
        "--headless",
        "--disable-gpu",
        "--no-pdf-header-footer",
        "--virtual-time-budget=20000",
    ]
    command += [f"--print-to-pdf={pdf}", f"http://127.0.0.1:{server.server_port}/{page}?print-pdf"]
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        command.append("--no-sandbox")  # containers; the browser asks for it by name
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, encoding="utf-8", errors="replace", timeout=180
        )
        said = (done.stderr.strip().splitlines() or ["it said nothing"])[-1]
    except subprocess.TimeoutExpired:
        said = "it did not finish in 180 seconds"
    finally:
        server.shutdown()
        server.server_close()
    slides, pages = (
        count_slides(folder / page),
        len(PDF_PAGE.findall(pdf.read_bytes())) if pdf.exists() else 0,
    )
    if pages != slides:
        raise ValueError(
            f"The browser printed {pages} pages for {slides} slides ({said}). Run `course slides {page[3:5]}`, add "
            "?print-pdf to the address, and print from the browser's window."
        )


def count_slides(page: Path) -> int:
    """The number of slides of a built deck: each has a heading of its own."""
    return len(re.findall(r"<h[12]>", page.read_text(encoding="utf-8")))
