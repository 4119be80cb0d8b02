"""Which notebooks there are, and how a day is named on the command line."""

import re
from pathlib import Path

HOME = Path(__file__).resolve().parents[2]
NOTEBOOKS = HOME / "notebooks"
TIERS = ("pocket", "full")

# The whole course, written or not: each day asks one question.
QUESTIONS = {
    "day00": "How does a sentence become a picture?",
    "day01": "Which system came when, and how good was it?",
    "day02": "How does a picture turn into noise?",
    "day03": "Can a small network learn to draw digits from noise?",
    "day04": "How few steps does a good picture need?",
    "day05": "How few numbers hold a picture?",
    "day06": "How do words and pictures meet?",
    "day07": "What can you say in a prompt, and what does it do?",
    "day08": "How well does a picture fit its words?",
    "day09": "What does a classifier see that CLIP does not?",
    "day10": "Can a model make its own training data?",
    "day11": "Can a classifier learn from painted pictures?",
    "day12": "How did networks first turn one picture into another?",
    "day13": "How did networks first paint from words?",
    "day14": "What do the famous systems do differently?",
    "day15": "How do you keep control of the picture?",
    "day16": "What must you ask before you use it?",
}


def notebooks() -> list[Path]:
    """Every lesson, in the order of the days."""
    return lessons_in(NOTEBOOKS)


def lessons_in(folder: Path) -> list[Path]:
    """The same for another folder.  A copy that a student has made, or `course update` kept, is no lesson."""
    return sorted(file for file in folder.glob("day*.ipynb") if re.fullmatch(r"day\d\d_\w+", file.stem))


def lessons() -> list[dict]:
    """One line per day of the course: {"day", "question", "written"}."""
    written = {notebook.stem[:5] for notebook in notebooks()}
    return [{"day": day, "question": text, "written": day in written} for day, text in QUESTIONS.items()]


def find_notebook(day: str) -> Path:
    """The lesson of a day: "3", "03", "day03" or "day03_toy_ddpm".

    Raises ValueError, naming the days, where it is none, or is not written yet.
    """
    match = re.fullmatch(r"(?:day)?(\d{1,2})(?:_\w+)?(?:\.ipynb)?", day.strip())
    name = f"day{int(match[1]):02d}" if match else ""
    for notebook in notebooks():
        if notebook.stem[:5] == name:
            return notebook
    days = ", ".join(n.stem[:5] for n in notebooks())
    wrong = f"{name} is being written" if name in QUESTIONS else f"{day!r} is not a day of the course"
    raise ValueError(f"{wrong}; the days here are {days}.")


def check_tier(tier: str) -> str:
    """Returns the tier; raises ValueError where it is unknown."""
    if tier not in TIERS:
        raise ValueError(f"{tier!r} is not a tier; choose {' or '.join(TIERS)}.")
    return tier
