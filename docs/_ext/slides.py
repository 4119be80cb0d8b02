"""The parts of a slide that are more than text: notes, a question to predict, an exercise, and the list of decks.

How a deck is written: docs/slides/README.md.
"""

import re
import textwrap
from pathlib import Path

import nbformat
from docutils import nodes
from docutils.parsers.rst import directives
from pictures import find_lesson, lessons_folder
from sphinx.util.docutils import SphinxDirective
from sphinx_revealjs.nodes import revealjs_section

STUB_WIDTH = 80  # letters
NOTES = re.compile(r"^:::\{notes\} (\d+)", re.MULTILINE)


class SpeakerNotes(nodes.Element):
    """What the teacher sees in the speaker view, and nobody on the screen."""


class Notes(SphinxDirective):
    """`{notes} 4`: what the teacher should know, and four minutes for this slide."""

    required_arguments = 1
    has_content = True

    def run(self) -> list[nodes.Node]:
        if not self.arguments[0].isdigit():
            raise self.error(
                f"Notes begin with their minutes, such as {{notes}} 4, not {self.arguments[0]!r}."
            )
        minutes = nodes.paragraph("", f"{self.arguments[0]} minutes", classes=["minutes"])
        # The speaker view counts down by the slide's own time, in seconds.
        timing = revealjs_section("", **{"data-timing": str(60 * int(self.arguments[0]))})
        return [timing, SpeakerNotes("", minutes, *self.parse_content_to_nodes())]


class Predict(SphinxDirective):
    """A question the class answers by a show of hands before the next slide: a sentence, and a list of choices."""

    has_content = True

    def run(self) -> list[nodes.Node]:
        call = nodes.paragraph("", "Predict first", classes=["call"])
        return [nodes.container("", call, *self.parse_content_to_nodes(), classes=["predict-slide"])]


class Exercise(SphinxDirective):
    """`{exercise} add_noise`: what the notebook of the deck's day asks for, as its stub, with `:minutes:` to work."""

    required_arguments = 1
    option_spec = {"minutes": directives.positive_int}

    def run(self) -> list[nodes.Node]:
        name, day = self.arguments[0], Path(self.env.docname).name
        try:
            notebook = find_lesson(lessons_folder(self.env), day)
            stub = "\n".join(wrapped(line) for line in find_stub(notebook, name).splitlines())
        except ValueError as error:
            raise self.error(str(error)) from None
        self.env.note_dependency(str(notebook))
        minutes = self.options.get("minutes", 10)
        call = nodes.paragraph("", f"Exercise in the notebook · {minutes} minutes", classes=["call"])
        block = nodes.literal_block(stub, stub, language="python")
        return [nodes.container("", call, block, classes=["exercise-slide"])]


def find_stub(notebook: Path, name: str) -> str:
    """The unsolved function of an exercise.  Raises ValueError where the notebook asks for no such function."""
    for cell in nbformat.read(notebook, as_version=4).cells:
        if "exercise" in cell.metadata.get("tags", []) and f"def {name}(" in cell.source:
            return cell.source.split(f"\n\n\n{name} = attempt(")[0].strip()
    raise ValueError(f"{notebook.name} has no exercise {name!r}.")


def wrapped(line: str) -> str:
    """A line of code that is too long for a slide, broken; what follows stands as far in as the line, or a step farther."""
    indent = " " * (len(line) - len(line.lstrip()) or 8)
    return textwrap.fill(line, STUB_WIDTH, subsequent_indent=indent) if len(line) > STUB_WIDTH else line


class DeckList(SphinxDirective):
    """Every deck with its day, its question and its minutes, each a link; `:from:` is the way to the slides' folder."""

    option_spec = {"from": directives.unchanged}

    def run(self) -> list[nodes.Node]:
        folder = lessons_folder(self.env).parent / "slides"
        items = []
        for deck in sorted(folder.glob("day[0-9][0-9].md")):
            self.env.note_dependency(str(deck))
            text = deck.read_text(encoding="utf-8")
            question = re.search(r"^# (.+)$", text, re.MULTILINE)[1]
            minutes = sum(map(int, NOTES.findall(text)))
            there = f"{self.options.get('from', 'slides/')}{deck.stem}.html"
            items.append(
                f'<li><a href="{there}"><span class="nav-day">{deck.stem[3:]}</span>'
                f'<span>{question}</span><span class="deck-minutes">{minutes} min</span></a></li>'
            )
        return [nodes.raw("", f'<ul class="deck-list">{"".join(items)}</ul>', format="html")]


def visit_notes(self, node) -> None:
    self.body.append('<aside class="notes">\n')


def depart_notes(self, node) -> None:
    self.body.append("</aside>\n")


def skip(self, node) -> None:
    raise nodes.SkipNode


def put_beside(app, doctree, docname) -> None:
    """The sentences below a narrow picture stand beside it, where they and the picture are all that the slide shows."""
    if app.builder.name != "revealjs":
        return
    for section in doctree.findall(nodes.section):
        shown = [
            child for child in section if not isinstance(child, (nodes.title, revealjs_section, SpeakerNotes))
        ]
        if len(shown) < 2 or not all(isinstance(child, nodes.paragraph) for child in shown[1:]):
            continue
        if isinstance(shown[0], nodes.image) and "narrow" in shown[0]["classes"]:
            place = section.index(shown[0])
            for child in shown:
                section.remove(child)
            section.insert(
                place, nodes.container("", shown[0], nodes.container("", *shown[1:]), classes=["beside"])
            )


def colour_code(app, doctree, docname) -> None:
    """Code is coloured when the slides are built, so that no script has to do it while they are shown."""
    if app.builder.name != "revealjs":
        return
    for block in list(doctree.findall(nodes.literal_block)):
        html = app.builder.highlighter.highlight_block(block.astext(), block.get("language", "text"))
        block.replace_self(nodes.raw("", html, format="html"))


def setup(app) -> dict:
    app.add_node(SpeakerNotes, html=(skip, None), revealjs=(visit_notes, depart_notes))
    app.add_directive("notes", Notes)
    app.add_directive("predict", Predict)
    app.add_directive("exercise", Exercise)
    app.add_directive("deck-list", DeckList)
    app.connect("doctree-resolved", put_beside)
    app.connect("doctree-resolved", colour_code)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
