"""`quiz("day03")`: a few questions from a text file, one at a time, with a reason for each choice.

The text file is quizzes/dayNN.md:  `## question`, then a line per choice, `- [x] right: the reason` or `- [ ] wrong: the reason`.
"""

import html
import re
from dataclasses import dataclass
from pathlib import Path

from course_lib.exercises.progress import record

FOLDER = Path(__file__).parent / "quizzes"
CHOICE = re.compile(r"- \[(?P<mark>[ x])\] (?P<text>.+?) :: (?P<reason>.+)")


@dataclass(frozen=True)
class Question:
    """One question with its choices, of which one is right, and a reason for each."""

    text: str
    choices: tuple[str, ...]
    reasons: tuple[str, ...]  # one per choice
    right: int  # index of the right choice


def read_quiz(day: str) -> list[Question]:
    """The questions of a day ("day03").  Raises ValueError where there are none or the file breaks its own rules."""
    days = sorted(file.stem for file in FOLDER.glob("*.md"))
    if day not in days:
        raise ValueError(f"There is no quiz for {day!r}; there are quizzes for {', '.join(days)}.")
    file = FOLDER / f"{day}.md"
    questions = []
    for block in re.split(r"^## ", file.read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]:
        text, *lines = [line.strip() for line in block.strip().splitlines() if line.strip()]
        choices = [CHOICE.fullmatch(line) for line in lines]
        if not all(choices) or sum(c["mark"] == "x" for c in choices) != 1:
            raise ValueError(
                f"{file.name}: {text!r} needs choices like `- [ ] text :: reason`, one of them marked [x]."
            )
        right = [c["mark"] for c in choices].index("x")
        questions.append(Question(text, *(tuple(c[k] for c in choices) for k in ("text", "reason")), right))
    return questions


def quiz(day: str) -> None:
    """Ask the day's questions.  In a notebook: a small form, usable by keyboard, and the same questions as text."""
    from IPython import get_ipython

    questions = read_quiz(day)
    if get_ipython() is None:
        print(as_text(questions))
        return
    from IPython.display import HTML, display

    from course_lib.widgets import show

    show(_form(day, questions))
    display(HTML(as_html(questions)))


def as_text(questions: list[Question]) -> str:
    """The questions as plain text, the answers at the end."""
    lines = []
    for i, question in enumerate(questions, 1):
        lines += (
            [f"{i}. {question.text}"]
            + [f"   {chr(97 + k)}) {c}" for k, c in enumerate(question.choices)]
            + [""]
        )
    answers = ", ".join(f"{i}{chr(97 + q.right)}" for i, q in enumerate(questions, 1))
    return "\n".join([*lines, f"Answers: {answers}"])


def as_html(questions: list[Question]) -> str:
    """The questions for a reader without a kernel; each answer unfolds on its own."""
    parts = []
    for i, question in enumerate(questions, 1):
        choices = "".join(f"<li>{html.escape(choice)}</li>" for choice in question.choices)
        reasons = "".join(
            f"<li>{'<b>Right.</b> ' if k == question.right else ''}{html.escape(reason)}</li>"
            for k, reason in enumerate(question.reasons)
        )
        parts.append(
            f"<p style='margin:14px 0 2px'><b>{i}. {html.escape(question.text)}</b></p><ol type='a'>{choices}</ol>"
            f"<details><summary>Answer</summary><ol type='a'>{reasons}</ol></details>"
        )
    return f"<details><summary>All questions on one page</summary>{''.join(parts)}</details>"


def _form(day: str, questions: list[Question]):
    import ipywidgets as w

    from course_lib.plots import MODEL, TEXT

    place = {"at": 0, "right": 0, "tried": False}
    title = w.HTML()
    choices = w.RadioButtons(layout=w.Layout(width="auto"))
    answer = w.HTML()
    check, onward = (
        w.Button(description="Check", button_style="primary"),
        w.Button(description="Next", disabled=True),
    )

    def show() -> None:
        question = questions[place["at"]]
        title.value = f"<b>Question {place['at'] + 1} of {len(questions)}.</b> {html.escape(question.text)}"
        choices.options, choices.value = question.choices, None
        answer.value, place["tried"], onward.disabled = "", False, True
        onward.description = "Finish" if place["at"] + 1 == len(questions) else "Next"

    def on_check(_) -> None:
        question = questions[place["at"]]
        if choices.index is None:
            answer.value = "Choose an answer first: arrow keys move, space chooses."
            return
        is_right = choices.index == question.right
        place["right"] += is_right and not place["tried"]
        place["tried"] = True
        word, colour = ("✓ Right.", TEXT) if is_right else ("✗ Not yet.", MODEL)
        # The words keep the page's own colour, which can be read on white and on black; ours is a bar beside them.
        bar = f"border-left:5px solid {colour};padding-left:9px"
        answer.value = (
            f"<div style='{bar}'><b>{word}</b> {html.escape(question.reasons[choices.index])}</div>"
        )
        onward.disabled = not is_right

    def on_next(_) -> None:
        if place["at"] + 1 < len(questions):
            place["at"] += 1
            show()
            return
        record(f"quiz {day}", "done")
        answer.value = f"<b>{place['right']} of {len(questions)} right at the first try.</b>"
        onward.disabled = check.disabled = True

    check.on_click(on_check)
    onward.on_click(on_next)
    show()
    return w.VBox([title, choices, w.HBox([check, onward]), answer])
