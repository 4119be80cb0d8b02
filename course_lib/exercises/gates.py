"""Gates: what the prose claims, a cell checks."""

import os
from typing import Any

from course_lib.exercises.comparing import what


class GateError(AssertionError):
    """A claim of the notebook does not hold in this run."""


def gate(claim: str, holds: bool, shown: str = "") -> None:
    """Print one steady line where the claim holds; raise GateError where it does not.

    shown: the number behind it, rounded so that it is the same on another machine; may be empty.
    Raises ValueError where the claim is no text, or `holds` is not one true or false.
    With COURSE_QUICK=1 (training budgets cut, to test the machinery only) nothing is claimed and nothing fails.
    """
    if not isinstance(claim, str):
        raise ValueError(
            f"gate(claim, holds): the claim, a sentence in quotes, comes first; this is {what(claim)}."
        )
    holds = _one_truth(holds)
    value = f": {shown}" if shown else ""
    if os.environ.get("COURSE_QUICK") == "1":
        print(f"(quick run, not checked) {claim}")
    elif holds:
        print(f"✓ {claim}{value}")
    else:
        raise GateError(
            f"This does not hold in this run: {claim}{value}. Did you change a knob, or leave out a cell? "
            "Then it may well be so, and you can go on. If not, run the notebook from the top; if it stays, report it."
        )


def _one_truth(holds: Any) -> bool:
    """True or false; raises ValueError where it is text, a function, or several at once."""
    try:
        if not isinstance(holds, str) and not callable(holds):
            return bool(holds)
    except (ValueError, RuntimeError):  # a table of several
        pass
    raise ValueError(
        f"gate(claim, holds): `holds` is one true or false, such as value > 0.9; this is {what(holds)}. "
        "Of several, take .all() or .any()."
    )
