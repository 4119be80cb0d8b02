"""Which notebooks there are, and how a day is named on the command line."""

import re
from pathlib import Path

HOME = Path(__file__).resolve().parents[1]
NOTEBOOKS = HOME / "notebooks"
TIERS = ("pocket", "full")


def notebooks() -> list[Path]:
    """Every lesson, in the order of the days."""
    return sorted(NOTEBOOKS.glob("day[0-9][0-9]_*.ipynb"))


def find_notebook(day: str) -> Path:
    """The lesson of a day: "3", "03", "day03" or "day03_toy_ddpm".  Raises ValueError, naming the days, otherwise."""
    match = re.fullmatch(r"(?:day)?(\d{1,2})(?:_\w+)?(?:\.ipynb)?", day.strip())
    for notebook in notebooks():
        if match and notebook.name.startswith(f"day{int(match[1]):02d}_"):
            return notebook
    days = ", ".join(n.stem[:5] for n in notebooks())
    raise ValueError(f"{day!r} is not a day of the course; the days here are {days}.")


def check_tier(tier: str) -> str:
    """Returns the tier; raises ValueError where it is unknown."""
    if tier not in TIERS:
        raise ValueError(f"{tier!r} is not a tier; choose {' or '.join(TIERS)}.")
    return tier
