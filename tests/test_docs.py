"""The site and the slides: they are built from what is there, say the same as the notebooks, and need no network."""

import ast
import json
import re
import shutil
import socket
import sys
from html.parser import HTMLParser

import pytest
from typer.testing import CliRunner

from course_lib import plots
from course_lib.command.cli import app
from course_lib.lessons import site
from course_lib.lessons.days import HOME, QUESTIONS, notebooks
from tests.notebooks.lessons import printed, read

sys.path.insert(0, str(HOME / "docs" / "_ext"))
import docstrings  # noqa: E402
import pictures  # noqa: E402
import terms  # noqa: E402

DECKS = site.decks()
VOID = {"area", "br", "col", "hr", "img", "input", "link", "meta", "wbr"}


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """A copy of what the slides are made of, so that a test never changes the project's own."""
    home = tmp_path_factory.mktemp("home")
    ignore = shutil.ignore_patterns("_build", "__pycache__")
    shutil.copytree(HOME / "docs", home / "docs", ignore=ignore)
    shutil.copytree(
        HOME / "notebooks", home / "notebooks", ignore=shutil.ignore_patterns(".ipynb_checkpoints")
    )
    return home


class Page(HTMLParser):
    """The tags of a page, its slides, and the text of each."""

    def __init__(self, path):
        super().__init__()
        self.tags, self.slides, self.stack = [], [], []
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag, attributes):
        self.tags.append((tag, dict(attributes)))
        if tag in VOID:
            return
        self.stack.append((tag, dict(attributes)))
        if tag in ("h1", "h2") and self.inside("section"):
            self.slides.append({"text": "", "notes": "", "pictures": []})

    def handle_endtag(self, tag):
        while self.stack and self.stack.pop()[0] != tag:
            pass

    def handle_startendtag(self, tag, attributes):
        self.tags.append((tag, dict(attributes)))
        if tag == "img" and self.slides:
            self.slides[-1]["pictures"].append(dict(attributes)["src"])

    def handle_data(self, data):
        if self.slides and self.inside("section"):
            self.slides[-1]["notes" if self.inside("aside") else "text"] += data

    def inside(self, tag):
        return any(tag == name for name, _ in self.stack)


def pages(built):
    return sorted(path for path in built.rglob("*.html") if "_static" not in path.parts)


def course(*arguments):
    """The exit code, and what was said, on one line."""
    result = CliRunner().invoke(app, list(arguments))
    return result.exit_code, " ".join(result.output.split())


# The site


def test_every_notebook_is_a_page_and_can_be_downloaded(built):
    for notebook in notebooks():
        page = built / "lessons" / f"{notebook.stem}.html"
        links = [a for tag, a in Page(page).tags if tag == "a" and "download" in a]
        assert [link["href"] for link in links] == [f"../_sources/lessons/{notebook.name}"]
        assert (page.parent / links[0]["href"]).read_bytes() == notebook.read_bytes()


def test_the_path_shows_every_day(built):
    links = {a.get("href") for tag, a in Page(built / "index.html").tags if tag == "a"}
    for notebook in notebooks():
        assert f"lessons/{notebook.stem}.html" in links
    assert re.findall(r"^:::\{day\} (\d\d)$", (HOME / "docs/index.md").read_text(encoding="utf-8"), re.M) == [
        day[3:] for day in QUESTIONS
    ]


def test_every_link_leads_to_a_file(built):
    for page in pages(built):
        for tag, a in Page(page).tags:
            target = (a.get("href") if tag in ("a", "link") else a.get("src")) or ""
            if not re.match(r"[a-z]+:|#|$", target):
                assert (page.parent / re.sub(r"[?#].*", "", target)).exists(), f"{page.name}: {target}"


def test_every_picture_has_alt_text(built):
    for page in pages(built):
        for tag, a in Page(page).tags:
            if tag == "img" and "logo" not in a["src"]:
                assert len(a.get("alt", "")) >= 20, f"{page.name}: {a['src']}"


def test_nothing_is_fetched_from_elsewhere(built):
    for page in pages(built):
        for tag, a in Page(page).tags:
            if tag in ("script", "link", "img", "iframe"):
                assert not re.match(r"(https?:)?//", a.get("src") or a.get("href") or ""), f"{page.name}: {a}"
    for style in built.rglob("*.css"):
        assert not re.search(r"(url\(|@import)\s*[\"']?(https?:)?//", style.read_text(encoding="utf-8")), (
            style
        )


def test_no_page_shows_what_only_a_kernel_can(built):
    ugly = "Run this notebook to use", "&lt;IPython", "&lt;Figure size", "widget-view+json", "Traceback (most"
    for page in (built / "lessons").glob("*.html"):
        text = page.read_text(encoding="utf-8")
        assert not [word for word in ugly if word in text], page.name


def test_gates_questions_and_exercises_are_dressed(built):
    day = (built / "lessons" / "day02_forward_diffusion.html").read_text(encoding="utf-8")
    notebook = read(HOME / "notebooks" / "day02_forward_diffusion.ipynb")
    text = "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")
    assert day.count('class="predict"') == text.count("**Predict, then run.**") > 0
    assert day.count('class="task"') == len(re.findall(r"^\*\*Exercise \d", text, re.M)) > 0
    assert len(re.findall(r'<ul class="[^"]*gates', day)) > 0 and "✓ " not in day


def test_the_library_has_one_page_per_folder_with_every_module_that_lessons_import(built):
    pages = {page.stem: page.read_text(encoding="utf-8") for page in (HOME / "docs" / "api").glob("*.md")}
    folders = {face.parent.name for face in (HOME / "course_lib").glob("*/__init__.py")}
    assert set(pages) == folders - {"weights"} | {"index", "models"}  # the weights stand beside their loaders
    listed = set(re.findall(r"automodule:: ([\w.]+)", "".join(pages.values())))
    source = "\n".join(c.source for n in notebooks() for c in read(n).cells if c.cell_type == "code")
    used = set(re.findall(r"^from (course_lib\.[\w.]+) import", source, re.M))
    assert (
        used - listed - {f"course_lib.{folder}" for folder in folders} == set()
    )  # a folder is listed by its modules
    assert 'id="course_lib.diffusion.schedule.add_noise"' in (built / "api" / "diffusion.html").read_text(
        encoding="utf-8"
    )


def test_every_public_function_and_class_has_a_docstring():
    bare = []
    for file in (HOME / "course_lib").rglob("*.py"):
        tree = ast.parse(file.read_text(encoding="utf-8"))
        owners = [tree, *(n for n in tree.body if isinstance(n, ast.ClassDef) and not n.name.startswith("_"))]
        for node in (node for owner in owners for node in owner.body):
            named = isinstance(node, ast.FunctionDef | ast.ClassDef) and not node.name.startswith("_")
            if named and node.name not in ("forward", "name") and not ast.get_docstring(node):
                bare.append(f"{file.relative_to(HOME)}:{node.lineno} {node.name}")
    assert bare == []


def test_docstrings_keep_their_shapes():
    text = docstrings.restructured(
        "Jump to x_t.\n\nx_t = a x0 + b * eps\n\nx0, eps: (B, ...) float.  t: (B,) int64.\nReturns x_t.  Raises ValueError.\n"
        "A last sentence, see `to_x0`."
    )
    assert "Jump to x\\_t." in text and "::\n\n    x_t = a x0 + b * eps" in text
    assert "``x0``, ``eps``\n        (B, ...) float." in text and "*Returns*\n        x\\_t." in text
    assert text.endswith("A last sentence, see ``to_x0``\\ .")


def test_the_colours_are_those_of_the_figures():
    css = (HOME / "docs/_static/course.css").read_text(encoding="utf-8")
    for role in ("DATA", "NOISE", "MODEL", "TEXT", "GUIDANCE", "INK"):
        assert f"--{role.lower()}: {getattr(plots, role).lower()};" in css


# The glossary


def glossary():
    text = (HOME / "docs/glossary.md").read_text(encoding="utf-8")
    blocks = re.findall(r"```\{terms\}\n(.*?)```", text, re.DOTALL)
    return terms.read_terms([line for block in blocks for line in block.splitlines()])


def test_one_korean_term_for_each_concept():
    assert len(glossary()) >= 40
    assert terms.disagreements(glossary(), notebooks()) == []
    assert all(terms.lesson_terms(notebook) for notebook in notebooks())


def test_korean_words_are_marked_as_korean(built):
    page = (built / "glossary.html").read_text(encoding="utf-8")
    assert page.count('lang="ko"') == len(glossary())


def test_a_disagreement_is_named(tmp_path):
    table = "| English | 한국어 |\n|---|---|\n| noise | 잡음 |\n| colour | 색 |"
    lesson = {"cells": [{"cell_type": "markdown", "id": "a", "metadata": {}, "source": table}]}
    notebook = tmp_path / "day42_x.ipynb"
    notebook.write_text(
        json.dumps({**lesson, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}), encoding="utf-8"
    )
    lines = [("noise", "노이즈", ""), ("Noise (again)", "소음", ""), ("sound", "노이즈", "")]
    assert terms.disagreements(lines, [notebook]) == [
        "The glossary has two Korean terms for 'Noise (again)': 노이즈, 소음.",
        "The glossary has one Korean term, 노이즈, for 'noise' and 'sound'.",
        "day42_x.ipynb calls 'noise' 잡음; the glossary calls it 노이즈.",
        "day42_x.ipynb has 'colour', 색; the glossary lacks it.",
    ]
    with pytest.raises(ValueError, match="is not of the form"):
        terms.read_terms(["noise | 노이즈"])


# The slides


@pytest.mark.parametrize("day", DECKS)
def test_a_deck_has_its_slides_and_their_notes(built, day):
    slides = Page(built / "slides" / f"{day}.html").slides
    headings = re.findall(r"^##? ", (HOME / "docs/slides" / f"{day}.md").read_text(encoding="utf-8"), re.M)
    assert 12 <= len(slides) <= 20 and len(slides) == len(headings)
    for slide in slides:
        assert "minutes" in slide["notes"], f"no notes on {slide['text'].strip()[:60]!r}"
        minutes, *notes = slide["notes"].split("minutes", 1)
        assert int(minutes) > 0 and len(notes[0].split()) >= 12, slide["text"]
    assert sum("Listen for:" in slide["notes"] for slide in slides) >= len(slides) / 2
    assert sum("Predict first" in slide["text"] for slide in slides) >= 4


@pytest.mark.parametrize("day", DECKS)
def test_every_picture_on_a_slide_is_the_notebook_s_own(built, day):
    asked = re.findall(
        r"^```\{picture\} (\S+)\n(:rows:)?",
        (HOME / "docs/slides" / f"{day}.md").read_text(encoding="utf-8"),
        re.M,
    )
    shown = [
        built / "slides" / src
        for slide in Page(built / "slides" / f"{day}.html").slides
        for src in slide["pictures"]
    ]
    assert len(shown) == len(asked) >= 5
    for (address, rows), file in zip(asked, shown):
        png, alt = pictures.named_picture(pictures.find_lesson(HOME / "notebooks", address[:5]), address[6:])
        assert rows or file.read_bytes() == png
        assert alt in file.parents[1].joinpath(f"{day}.html").read_text(encoding="utf-8").replace(
            "&#x27;", "'"
        )


@pytest.mark.parametrize("day", DECKS)
def test_every_number_on_a_slide_is_in_the_notebook(built, day):
    notebook = read(pictures.find_lesson(HOME / "notebooks", day))
    known = "\n".join(cell.source for cell in notebook.cells) + printed(notebook)
    known += "".join(
        str(o.get("data", {}).get("text/plain", "")) for c in notebook.cells for o in c.get("outputs", [])
    )
    numbers = set(re.findall(r"\d+(?:\.\d+)?", known.replace(",", "")))
    for slide in Page(built / "slides" / f"{day}.html").slides:
        words = re.sub(r"Exercise in the notebook · \d+ minutes|\b1?\d minutes, or", "", slide["text"])
        for number in re.findall(r"\d+(?:\.\d+)?", words.replace(",", "")):
            assert number in numbers, f"{number} in {words.strip()[:60]!r}"


def renamed(home, tmp_path, old, new):
    """A copy of the sources, in which a tag of day 02 has another name."""
    copy = tmp_path / "copy"
    shutil.copytree(home, copy, ignore=shutil.ignore_patterns("_build"))
    notebook = copy / "notebooks" / "day02_forward_diffusion.ipynb"
    text = notebook.read_text(encoding="utf-8")
    assert text.count(f'"picture:{old}"') == 1
    notebook.write_text(text.replace(f'"picture:{old}"', f'"picture:{new}"'), encoding="utf-8")
    return copy, notebook, text


@pytest.mark.slow
def test_a_renamed_picture_fails_the_build(home, tmp_path):
    copy, notebook, text = renamed(home, tmp_path, "fade", "fading")
    for _ in range(2):  # the second time too: what failed is not kept
        with pytest.raises(ValueError, match="has 0 pictures named 'fade'.*fading"):
            site.build_slides(copy)
    notebook.write_text(text, encoding="utf-8")
    assert (site.build_slides(copy) / "day02.html").exists()


def test_a_picture_needs_one_name_and_alt_text(home, tmp_path):
    _, notebook, _ = renamed(home, tmp_path, "digits", "fade")
    with pytest.raises(ValueError, match="has 2 pictures named 'fade', not one"):
        pictures.named_picture(notebook, "fade")
    lesson = read(notebook)
    next(c for c in lesson.cells if "picture:rescaled" in c.metadata.get("tags", [])).metadata.pop("mystnb")
    notebook.write_text(json.dumps(lesson), encoding="utf-8")
    with pytest.raises(ValueError, match="has no alt text"):
        pictures.named_picture(notebook, "rescaled")
    with pytest.raises(ValueError, match="There is no notebook of day99"):
        pictures.find_lesson(HOME / "notebooks", "day99")


@pytest.mark.slow
def test_what_is_not_stale_is_not_built_again(home, monkeypatch):
    ran = []
    site.build_slides(home)
    monkeypatch.setattr(site, "run_sphinx", lambda *arguments: ran.append(arguments))
    site.build_slides(home)
    assert ran == []
    deck = home / "docs" / "slides" / "day02.md"
    text = deck.read_text(encoding="utf-8")
    deck.write_text(text + "\n", encoding="utf-8")
    site.build_slides(home)
    deck.write_text(text, encoding="utf-8")
    assert len(ran) == 1 and "revealjs" in ran[0]


# The commands


def test_a_day_without_slides():
    code, said = course("slides", "99", "--no-browser")
    assert code == 1 and said.startswith("'99' is not a day of the course; the days here are day00, day02")
    assert site.find_deck("2") == site.find_deck("day02_forward_diffusion") == "day02"


def test_printing_needs_a_day_and_a_browser(monkeypatch):
    assert course("slides", "--pdf") == (1, "Which day is to be printed? For example: course slides 3 --pdf")
    monkeypatch.setattr(site, "BROWSERS", ("no-such-browser",))
    with pytest.raises(ValueError, match="needs Chromium, Chrome or Edge, and none was found"):
        site.find_browser()


def test_a_print_of_too_few_pages_is_said(built, tmp_path, monkeypatch):
    monkeypatch.setattr(site, "find_browser", lambda: sys.executable)  # a program that prints nothing
    with pytest.raises(ValueError, match="printed 0 pages for 20 slides"):
        site.print_deck(built / "slides", "day02.html", tmp_path / "out" / "slides.pdf")


def test_serving_says_what_is_wrong(built, monkeypatch, tmp_path):
    monkeypatch.setattr(site, "built", lambda: tmp_path)
    assert course("docs", "serve", "--no-browser") == (
        1,
        "The site is not built yet; run `course docs build` first.",
    )
    monkeypatch.setattr(site, "built", lambda: built)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        code, said = course("docs", "serve", "--no-browser", "--port", str(port))
    assert code == 1 and said == f"Port {port} is in use; choose another with --port."
    code, said = course("docs", "serve", "--no-browser", "--port", "99999")
    assert (
        code == 1
        and said.startswith("Port 99999 cannot be used")
        and said.endswith("choose another with --port.")
    )


def test_the_site_is_served_on_this_machine_only(built):
    with site.serve(built, 0) as server:
        assert server.server_address[0] == "127.0.0.1"


@pytest.mark.slow
def test_sphinx_s_words_reach_the_reader(tmp_path, home, monkeypatch):
    monkeypatch.setenv("FORCE_COLOR", "1")  # as on GitHub's and other CI machines
    copy = tmp_path / "copy"
    shutil.copytree(home / "docs" / "slides", copy / "docs" / "slides")
    for folder in ("_ext", "_static"):
        shutil.copytree(home / "docs" / folder, copy / "docs" / folder)
    (copy / "notebooks").mkdir()
    with pytest.raises(
        ValueError, match="The site could not be built. Sphinx says:\nday00.md:.*no notebook of day00"
    ) as said:
        site.build_slides(copy)
    assert re.search(r"\n\.\.\. and \d+ more\.$", str(said.value)), "a page of warnings buries the first one"
