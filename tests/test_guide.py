"""The instructor guide agrees with the course: days, exercises, minutes, numbers and commands."""

import re
import sys

import pytest
import typer.main

from course_lib.command.cli import app
from course_lib.exercises import solution_names
from course_lib.lessons.days import HOME, notebooks
from tests.notebooks.lessons import read

sys.path.insert(0, str(HOME / "docs" / "_ext"))
import guide  # noqa: E402

GUIDE = HOME / "docs" / "guide"
PAGES = {page.stem: page.read_text(encoding="utf-8") for page in sorted(GUIDE.glob("*.md"))}
DAYS = [name for name in PAGES if name.startswith("day")]
HEADINGS = [
    "In one sentence", "Timing", "Board plan", "Predict first", "Wrong answers and what they reveal", "Discussion",
    "If something goes wrong",
]  # fmt: skip
NUMBER = re.compile(r"\d+(?:[.,]\d+)*%?")
COMMAND = re.compile(
    r"(?:(?:python3?(?:\.\d+)?|py(?: -3\.\d+)?) start\.py|(?<![\w./-])course)((?: [\w./-]+)*)"
)


def section(text: str, heading: str) -> str:
    return text.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]


def rows(text: str) -> list[list[str]]:
    """The cells of each line of the tables in a text, without head and rule."""
    table = [[cell.strip() for cell in line.strip("| ").split(" | ")] for line in text.splitlines() if line.startswith("|")]  # fmt: skip
    return [cells for before, cells in zip(table, table[1:]) if not cells[0].startswith("---")]


def lesson(day: str) -> str:
    """A lesson's text, code and printed outputs."""
    (found,) = [notebook for notebook in notebooks() if notebook.stem.startswith(day)]
    text = []
    for cell in read(found).cells:
        text.append(cell.source)
        for output in cell.get("outputs", []):
            text.append(output.get("text", ""))
            text += [str(shown) for kind, shown in output.get("data", {}).items() if kind.startswith("text/")]
    return "\n".join(text)


def numbers(text: str) -> set[str]:
    return {found.replace(",", "") for found in NUMBER.findall(text)}


def commands(text: str) -> list[list[str]]:
    """The arguments of each call of start.py or course, in code blocks and code spans."""
    blocks = re.findall(r"^```.*?^```", text, flags=re.MULTILINE | re.DOTALL)
    spans = re.findall(r"`([^`\n]+)`", re.sub(r"^```.*?^```", "", text, flags=re.MULTILINE | re.DOTALL))
    calls = [found for code in blocks for found in COMMAND.findall(code) if "start.py" in code]
    calls += [found for span in spans for found in COMMAND.findall(span) if COMMAND.match(span)]
    return [call.split() for call in calls]


def refuse(words: list[str]) -> str:
    """What is wrong with these arguments of `course`; "" where the program would take them."""
    command, words = typer.main.get_command(app), list(words)
    while hasattr(command, "commands") and words:
        name = words.pop(0)
        if name not in command.commands:
            return f"there is no command {name!r}"
        command = command.commands[name]
    options = {name for parameter in command.params for name in (*parameter.opts, *parameter.secondary_opts)}
    return next(
        (f"{word} is no option" for word in words if word.startswith("-") and word not in options), ""
    )


def test_every_notebook_has_its_page():
    assert {notebook.stem[:5] for notebook in notebooks()} <= set(DAYS)


@pytest.mark.parametrize("day", DAYS)
def test_the_seven_headings_in_order(day):
    assert re.findall(r"^## (.+)$", PAGES[day], flags=re.MULTILINE) == HEADINGS


@pytest.mark.parametrize("day", DAYS)
def test_every_exercise_is_named(day):
    assert solution_names(day)
    for name in solution_names(day):
        assert f"`{name}`" in section(PAGES[day], "Timing"), f"{name} has no time in class, nor at home"
    explained = {cells[0].strip("`") for cells in rows(section(PAGES[day], HEADINGS[4]))}
    assert explained == set(solution_names(day)), "the table of wrong answers is about these exercises"


@pytest.mark.parametrize("day", DAYS)
def test_a_class_takes_90_minutes(day):
    deck = (HOME / "docs" / "slides" / f"{day}.md").read_text(encoding="utf-8")
    lines = re.search(r"```\{timing\}\n(.*?)```", section(PAGES[day], "Timing"), re.DOTALL)[1].splitlines()
    assert sum(minutes for _, minutes, *_ in guide.read_plan(deck, lines)) == 90


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        (["1 | a"], "not of the form"),
        (["1-2 | a | b"], "ends with slide 2; the deck has 3"),
        (["1 | a | b", "3 | a | b"], "after slide 1 of 3"),
        (["1-4 | a | b"], "after slide 0 of 3"),
    ],
)
def test_a_plan_has_every_slide_once(lines, said):
    deck = "".join(f":::{{notes}} {minutes}\n" for minutes in (2, 5, 3))
    assert guide.read_plan(deck, ["1 | a | b", "2-3 | c | d"]) == [
        (0, 2, "1", "a", "b"),
        (2, 8, "2-3", "c", "d"),
    ]
    with pytest.raises(ValueError, match=said):
        guide.read_plan(deck, lines)


@pytest.mark.parametrize("day", DAYS)
def test_the_predictions_show_the_lesson_s_numbers(day):
    table = section(PAGES[day], "Predict first")
    assert 2 <= len(rows(table)) <= 3
    shows = numbers("\n".join([cells[2] for cells in rows(table)] + table.rpartition("|\n")[2].splitlines()))
    assert shows <= numbers(lesson(day)), f"not in the lesson: {shows - numbers(lesson(day))}"


@pytest.mark.parametrize("day", DAYS)
def test_terms_are_those_of_the_glossary(day):
    """The lesson ends with a table of pairs, English and Korean; the board shows some of them."""
    glossary = [line for line in lesson(day).splitlines() if re.search(r"\| .*[가-힣].* \|", line)]
    pairs = re.findall(r"([A-Za-z][\w /-]*?) ([가-힣][가-힣 /-]*)", PAGES[day].partition("Terms in a corner: ")[2].partition("\n")[0])  # fmt: skip
    assert 3 <= len(pairs) <= 5
    for english, korean in pairs:
        assert any(f"| {english}" in line and f"| {korean} |" in line for line in glossary), (english, korean)


@pytest.mark.parametrize("page", PAGES)
def test_every_command_exists(page):
    for words in commands(PAGES[page]):
        assert not refuse(words), f"course {' '.join(words)}: {refuse(words)}"


def test_commands_are_found():
    assert ["run", "0"] in commands(PAGES["room"]) and ["doctor"] in commands(PAGES["room"])
    assert ["lab", "3"] in commands(PAGES["index"])


@pytest.mark.parametrize("page", PAGES)
def test_every_link_leads_somewhere(page):
    for target in re.findall(r"\]\((?!http)([^)#]+)\)", PAGES[page]):
        assert (GUIDE / target).exists(), target


def test_the_plans_hold_every_day():
    three_weeks = section(PAGES["index"], "Three weeks")
    assert all(f"({day}.md)" in three_weeks for day in DAYS)
    assert all(day in PAGES["index"].partition("```{toctree}")[2].partition("```")[0].split() for day in DAYS)
