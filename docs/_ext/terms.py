"""`{terms}`: the glossary's table, one line per concept: `English | 한국어 | what it is`.

Each term gets links to the lessons whose last table names it.
"""

import re
from pathlib import Path

import nbformat
from day_path import link
from docutils import nodes
from docutils.parsers.rst import directives
from pictures import lessons_folder
from sphinx.util.docutils import SphinxDirective

ROW = re.compile(r"^\|\s*(.+?)\s*\|\s*(.+?)\s*\|$", re.MULTILINE)


def bare(term: str) -> str:
    """A term without what stands in brackets: "noise predictor (the network)" is "noise predictor"."""
    return re.sub(r"\s*\(.*?\)", "", term).strip().lower()


def lesson_terms(notebook: Path) -> dict[str, str]:
    """{English: Korean} of the table at the end of a lesson."""
    for cell in nbformat.read(notebook, as_version=4).cells:
        if cell.cell_type == "markdown" and "| English | 한국어 |" in cell.source:
            rows = ROW.findall(cell.source.split("한국어 |", 1)[1])
            return {english: korean for english, korean in rows if not english.startswith("-")}
    return {}


def read_terms(lines: list[str]) -> list[tuple[str, str, str]]:
    """(English, Korean, meaning) of each line.  Raises ValueError for a line of another form."""
    rows = []
    for line in filter(str.strip, lines):
        parts = tuple(part.strip() for part in line.split("|"))
        if len(parts) != 3 or not all(parts):
            raise ValueError(f"{line!r} is not of the form: English | 한국어 | what it is.")
        rows.append(parts)
    return rows


def disagreements(glossary: list[tuple[str, str, str]], notebooks: list[Path]) -> list[str]:
    """Where two lines of the glossary, or a lesson and the glossary, name one thing differently; a sentence each."""
    found, korean_of, english_of = [], {}, {}
    for english, korean, _ in glossary:
        if korean_of.setdefault(bare(english), korean) != korean:
            found.append(
                f"The glossary has two Korean terms for {english!r}: {korean_of[bare(english)]}, {korean}."
            )
        if english_of.setdefault(korean, bare(english)) != bare(english):
            found.append(
                f"The glossary has one Korean term, {korean}, for {english_of[korean]!r} and {english!r}."
            )
    for notebook in notebooks:
        for english, korean in lesson_terms(notebook).items():
            wanted = korean_of.get(bare(english))
            if wanted is None:
                found.append(f"{notebook.name} has {english!r}, {korean}; the glossary lacks it.")
            elif wanted != korean:
                found.append(f"{notebook.name} calls {english!r} {korean}; the glossary calls it {wanted}.")
    return found


class Terms(SphinxDirective):
    """The directive; its content is the lines."""

    has_content = True
    option_spec = {"class": directives.class_option}

    def run(self) -> list[nodes.Node]:
        notebooks = sorted(lessons_folder(self.env).glob("*.ipynb"))
        for notebook in notebooks:
            self.env.note_dependency(str(notebook))
        taught = {notebook.stem: {bare(term) for term in lesson_terms(notebook)} for notebook in notebooks}
        try:
            rows = read_terms(list(self.content))
        except ValueError as error:
            raise self.error(str(error)) from None
        body = nodes.tbody()
        for english, korean, meaning in rows:
            days = [stem for stem, terms in taught.items() if bare(english) in terms]
            body += self.row(english, korean, meaning, days)
        head = nodes.thead(
            "", row(*(nodes.paragraph("", word) for word in ("English", "한국어", "What it is", "Days")))
        )
        group = nodes.tgroup("", *(nodes.colspec(colwidth=w) for w in (22, 22, 46, 10)), head, body, cols=4)
        return [nodes.table("", group, classes=["terms"])]

    def row(self, english: str, korean: str, meaning: str, days: list[str]) -> nodes.row:
        sentence, _ = self.parse_inline(meaning)
        links = [link(self.env, stem, stem[3:5]) for stem in days]
        term = nodes.paragraph("", "", nodes.strong("", english))
        return row(
            term,
            nodes.paragraph("", korean, classes=["language-ko"]),  # becomes lang="ko"
            nodes.paragraph("", "", *sentence),
            nodes.paragraph("", "", *links),
        )


def row(*cells: nodes.Node) -> nodes.row:
    return nodes.row("", *(nodes.entry("", cell) for cell in cells))


def setup(app) -> dict:
    app.add_directive("terms", Terms)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
