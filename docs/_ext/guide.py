"""The parts of a day's guide page that come from elsewhere, so that they can't disagree with it.

`{timing}`: the plan of the class; its minutes are those of the notes in the day's deck.
`{answers}`: the solution of each exercise and the answers of the quiz, folded away.
"""

import re
from html import escape
from pathlib import Path

from docutils import nodes
from slides import NOTES
from sphinx.util.docutils import SphinxDirective


def read_plan(deck: str, lines: list[str]) -> list[tuple[int, int, str, str, str]]:
    """(minute it begins, minutes, slides such as "2-4", part of the notebook, what happens in class) of each line.

    deck: the text of the day's slides.  lines: "2-4 | 1. A drop of ink | what happens".  Raises ValueError where a line
    has another form, and where the slides are not all there, each once and in order.
    """
    minutes = [int(found) for found in NOTES.findall(deck)]
    rows, reached, clock = [], 0, 0
    for line in filter(str.strip, lines):
        parts = [part.strip() for part in line.split(" | ")]
        slides = re.fullmatch(r"(\d+)(?:-(\d+))?", parts[0])
        if len(parts) != 3 or not slides:
            raise ValueError(
                f"{line!r} is not of the form: 2-4 | part of the notebook | what happens in class."
            )
        first, last = int(slides[1]), int(slides[2] or slides[1])
        if first != reached + 1 or not first <= last <= len(minutes):
            raise ValueError(f"{line!r}: after slide {reached} of {len(minutes)} the next one must come.")
        rows.append((clock, sum(minutes[first - 1 : last]), *parts))
        reached, clock = last, clock + rows[-1][1]
    if reached != len(minutes):
        raise ValueError(f"The plan ends with slide {reached}; the deck has {len(minutes)}.")
    return rows


class Timing(SphinxDirective):
    has_content = True

    def run(self) -> list[nodes.Node]:
        deck = Path(self.env.srcdir) / "slides" / f"{Path(self.env.docname).name}.md"
        self.env.note_dependency(str(deck))
        try:
            rows = read_plan(deck.read_text(encoding="utf-8"), list(self.content))
        except ValueError as error:
            raise self.error(str(error)) from None
        table = ["| clock | minutes | slides | part of the notebook | in class |", "|---|---|---|---|---|"]
        for begins, takes, slides, *said in rows:
            cells = (f"{begins // 60}:{begins % 60:02}", str(takes), slides.replace("-", "–"), *said)
            table.append(f"| {' | '.join(cells)} |")
        return self.parse_text_to_nodes("\n".join(table))


class Answers(SphinxDirective):
    def run(self) -> list[nodes.Node]:
        from course_lib.exercises import solution_names, solution_source
        from course_lib.exercises.quiz import read_quiz

        day = Path(self.env.docname).name
        parts = []
        for name in solution_names(day):
            source = solution_source(name).strip()
            parts += [
                nodes.paragraph("", "", nodes.literal("", name)),
                nodes.literal_block(source, source, language="python"),
            ]
        questions = "".join(f"<li>{escape(q.text)}<ul>{choices(q)}</ul></li>" for q in read_quiz(day))
        return [
            *folded("Solutions of the exercises", parts),
            *folded("The quiz, with its answers", [nodes.raw("", f"<ol>{questions}</ol>", format="html")]),
        ]


def choices(question) -> str:
    """Each choice with its reason, the right one ticked."""
    lines = []
    for k, (text, reason) in enumerate(zip(question.choices, question.reasons)):
        tick, kind = ("✓ ", "strong") if k == question.right else ("", "span")
        lines.append(f"<li>{tick}<{kind}>{escape(text)}</{kind}> <em>{escape(reason)}</em></li>")
    return "".join(lines)


def folded(title: str, inside: list[nodes.Node]) -> list[nodes.Node]:
    start = f'<details class="folded"><summary>{title}</summary>'
    return [nodes.raw("", start, format="html"), *inside, nodes.raw("", "</details>", format="html")]


def setup(app) -> dict:
    app.add_directive("timing", Timing)
    app.add_directive("answers", Answers)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
